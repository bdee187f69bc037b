// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow snn: the spiking network alone.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "potentials/core/places.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/snn_commands.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/network/snn_output.hpp"
#include "workflows/pipeline/training/train_json.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct SnnArguments {
  pipeline::TrainOptions train;
  int label = 0;
  double anneal = 0;
  std::string normalise;
  std::string data = picture_files().string(), images, device, output, network, weights, read_weights;
  bool members = false, validate = false, as_json = false;
};

json read_json(const fs::path& path, const char* expected) {
  json file = json::parse(text::read_file(path), nullptr, false);
  if (file.is_discarded()) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: not JSON; {} is expected", text::printable(path.string()), expected)};
  }
  return file;
}

/// The synapse of a device file: the file of `device fit`, its result, or the synapse alone.
json device_synapse(const fs::path& path) {
  json file = read_json(path, "a device file of 'hopflow device fit'");
  for (const char* key : {"result", "synapse"}) {
    if (file.is_object() && file.contains(key)) file = json(file.at(key));
  }
  return file;
}

pipeline::Mnist images_of(const SnnArguments& arguments) {
  pipeline::Mnist mnist =
      pipeline::read_mnist(arguments.images.empty() ? fs::path{arguments.data} / "mnist" : fs::path{arguments.images});
  if (arguments.validate) mnist.test = pipeline::validation_images(mnist.train);
  return mnist;
}

pipeline::TrainProgress progress_line() {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  return [terminal](const char* pass, int done, int total) {
    if (terminal) {
      fmt::print(stderr, "\r\033[K{}: {} of {} images{}", pass, done, total, done == total ? "\n" : "");
    } else if (done == total) {
      fmt::print(stderr, "{}: {} images done\n", pass, total);
    }
  };
}

void tell_accuracy(const pipeline::TestResult& result, int test, const char* images) {
  if (result.silent()) {
    fmt::print("no accuracy: none of {} {} was answered\n", test, images);
    return;
  }
  const int first = std::min(1000, test);
  const auto percent = [](double accuracy, int count) {
    const pipeline::Interval interval = pipeline::wilson(static_cast<int>(std::lround(accuracy * count)), count);
    return fmt::format("{:.2f} % ({:.2f} to {:.2f} %)", 100 * accuracy, 100 * interval.low, 100 * interval.high);
  };
  fmt::print("accuracy {} on {} {}, {} on the first {} (95 % interval, Wilson)\n", percent(result.accuracy, test), test,
             images, percent(result.accuracy_first_1000, first), first);
  fmt::print("answers by the highest mean rate, as published; by the likeliest digit {:.2f} % ({:.2f} %)\n",
             100 * result.accuracy_likeliest, 100 * result.accuracy_likeliest_first_1000);
}

const char* kind_of_images(const SnnArguments& arguments) {
  return arguments.validate ? "training images kept aside" : "test images";
}

Exit train(SnnArguments arguments) {
  pipeline::TrainOptions& options = arguments.train;
  options.label = arguments.label > 0 ? arguments.label : std::min(options.train, 10000);
  std::optional<pipeline::PulseElectrics> electrics;
  if (!arguments.device.empty()) {
    const json synapse = device_synapse(arguments.device);
    options.device = pipeline::DeviceCurve::from_json(synapse);
    electrics = pipeline::PulseElectrics::from_json(synapse);
    if (arguments.members) options.cells.measured = pipeline::DeviceCurve::members_from_json(synapse);
  }
  if (arguments.anneal > 0) options.anneal = arguments.anneal;
  if (!arguments.normalise.empty()) options.normalise = pipeline::normalise_named(arguments.normalise);
  if (const std::string reason = pipeline::untrainable(options.forgetting); !reason.empty()) {
    if (arguments.as_json)
      fmt::print("{}\n", json{{"accuracy", nullptr}, {"reason", reason}, {"seed", options.seed}}.dump(2));
    else
      fmt::print("no accuracy: {}\n", reason);
    return Exit::not_converged;
  }
  const pipeline::Mnist mnist = images_of(arguments);
  const pipeline::TrainResult result = pipeline::train_and_test(mnist, options, progress_line());
  json out = pipeline::result_json(options, result, electrics);
  out["data_sha256"] = mnist.sha256;
  if (!arguments.network.empty()) text::write_file(arguments.network, pipeline::to_json(result.network).dump() + "\n");
  if (!arguments.weights.empty()) text::write_file(arguments.weights, pipeline::weights_csv(result.network));
  if (!arguments.output.empty()) text::write_file(arguments.output, out.dump() + "\n");
  const double per_example_ms = 1e3 * result.train_seconds / options.train;
  if (arguments.as_json) {
    out.erase("receptive_fields");
    out["train_ms_per_example"] = per_example_ms;
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  tell_accuracy(result, options.test, kind_of_images(arguments));
  fmt::print("{:.1f} spikes per image, {} dead neurons, {:.2f} ms per training example\n", result.spikes_per_image,
             result.dead_neurons, per_example_ms);
  for (const json& note : out.at("notes")) fmt::print("note: {}\n", note.get<std::string>());
  return Exit::converged;
}

Exit test(const SnnArguments& arguments) {
  pipeline::TrainedNetwork network = pipeline::network_from_json(
      read_json(arguments.network, "a network of 'hopflow snn train --network'"), text::printable(arguments.network));
  if (!arguments.read_weights.empty()) pipeline::read_weights(arguments.read_weights, network);
  const pipeline::Mnist mnist = images_of(arguments);
  if (network.inputs != mnist.test.pixels_per_image()) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: inputs: {} for images of {} pixels; train a network on such images",
                            text::printable(arguments.network), network.inputs, mnist.test.pixels_per_image())};
  }
  const int count = std::min(arguments.train.test, mnist.test.count);
  const pipeline::TestResult result =
      pipeline::test_network(network, mnist.test, count, arguments.train.threads, progress_line());
  if (!arguments.weights.empty()) text::write_file(arguments.weights, pipeline::weights_csv(network));
  if (!arguments.as_json) {
    tell_accuracy(result, count, kind_of_images(arguments));
    fmt::print("{:.1f} spikes per image, {} images unanswered\n", result.spikes_per_image, result.unanswered);
    return Exit::converged;
  }
  const auto number = [&](double value) { return result.silent() ? json(nullptr) : json(value); };
  const json out{{"test", count},
                 {"accuracy", number(result.accuracy)},
                 {"accuracy_sampling_error", pipeline::sampling_error(result.accuracy, count)},
                 {"accuracy_first_1000", number(result.accuracy_first_1000)},
                 {"accuracy_mean_rate", number(result.accuracy_mean_rate)},
                 {"accuracy_likeliest", number(result.accuracy_likeliest)},
                 {"confusion", result.confusion},
                 {"unanswered", result.unanswered},
                 {"spikes_per_image", result.spikes_per_image},
                 {"data_sha256", mnist.sha256}};
  fmt::print("{}\n", out.dump(2));
  return Exit::converged;
}

void add_images(CLI::App* command, SnnArguments& arguments) {
  command->add_option("--data", arguments.data, "folder with mnist/ (default: the one the set-up filled)");
  command->add_option("--images", arguments.images,
                      "folder with four idx files of square images (28x28, 14x14, ...) and labels 0 to 61, plain or "
                      ".gz, e.g. Fashion-MNIST or EMNIST letters, instead of MNIST");
  command->add_flag("--validate", arguments.validate,
                    "test on the training images from 50000 on: for choosing settings without looking at the test set");
  command->add_option("--threads", arguments.train.threads, "of labelling and test; change no result")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", arguments.as_json, "print the result as JSON");
}

void add_train(CLI::App* snn, Action& action) {
  auto arguments = std::make_shared<SnnArguments>();
  pipeline::TrainOptions& options = arguments->train;
  std::vector<std::string> names;
  std::string help;
  for (const pipeline::Preset& preset : pipeline::presets()) {
    names.emplace_back(preset.name);
    help += fmt::format("{}{}: {}", help.empty() ? "" : "; ", preset.name, preset.help);
  }
  CLI::App* command = snn->add_subcommand("train", "Train once through the images, label the neurons, test");
  command->add_option("--preset", options.preset, help)->check(CLI::IsMember(names))->capture_default_str();
  command->add_option("--neurons", options.neurons, "excitatory neurons")
      ->check(CLI::Range(1, 6400))
      ->capture_default_str();
  command->add_option("--train", options.train, "training images")->check(CLI::Range(1, 60000))->capture_default_str();
  command->add_option("--test", options.test, "test images")->check(CLI::Range(1, 10000))->capture_default_str();
  command
      ->add_option("--label", arguments->label,
                   "training images the neurons are labelled on (default: those learnt, at most 10000)")
      ->check(CLI::Range(1, 60000));
  command->add_option("--seed", options.seed, "random numbers")->capture_default_str();
  command
      ->add_option("--normalise", arguments->normalise,
                   "before each training image: weights (as published), gains (conductances stay) or none (default: "
                   "the preset's)")
      ->check(CLI::IsMember({"weights", "gains", "none"}));
  command->add_option("--anneal", arguments->anneal, "pulse size at the end of the training over that at its start")
      ->check(CLI::Range(1e-6, 1.0))
      ->group("Device");
  CLI::Option* device =
      command
          ->add_option("--device", arguments->device, "device file of 'hopflow device fit': its curve is the synapse")
          ->group("Device");
  command
      ->add_flag("--members", arguments->members,
                 "each cell is one of the devices the device file lists as its population")
      ->needs(device)
      ->group("Device");
  pipeline::CellEffects& cells = options.cells;
  command->add_option("--devices", cells.devices, "distinct devices; each cell is one of them")
      ->check(CLI::Range(1, 254))
      ->capture_default_str()
      ->group("Device");
  command->add_option("--step-sd", cells.step_sd, "between devices: standard deviation of ln(step)")
      ->check(CLI::Range(0.0, 2.0))
      ->group("Device");
  command->add_option("--range-sd", cells.range_sd, "between devices: relative standard deviation of Gmax - Gmin")
      ->check(CLI::Range(0.0, 1.0))
      ->group("Device");
  command->add_option("--shape-sd", cells.shape_sd, "between devices: standard deviation of the curve's exponent")
      ->check(CLI::Range(0.0, 2.0))
      ->group("Device");
  command->add_option("--cells-seed", cells.seed, "which devices there are and which cell is which")
      ->capture_default_str()
      ->group("Device");
  command->add_option("--stuck-low", cells.stuck_low, "share of cells stuck at Gmin")
      ->check(CLI::Range(0.0, 1.0))
      ->group("Device");
  command->add_option("--stuck-high", cells.stuck_high, "share of cells stuck at Gmax")
      ->check(CLI::Range(0.0, 1.0))
      ->group("Device");
  command->add_option("--write-noise", cells.write_noise, "standard deviation of each step over its size")
      ->check(CLI::Range(0.0, 10.0))
      ->group("Device");
  command->add_option("--write-probability", cells.write_probability, "a write pulse is sent with this probability")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str()
      ->group("Device");
  CLI::Option* retention =
      command
          ->add_option("--retention", options.forgetting.tau_s,
                       "seconds in which the devices forget, e.g. of 'hopflow device retention' (default: never)")
          ->check(CLI::Range(1e-9, 1e30))
          ->group("Device");
  command->add_option("--image-time", options.forgetting.image_s, "seconds one training image takes")
      ->check(CLI::Range(0.0, 1e6))
      ->needs(retention)
      ->capture_default_str()
      ->group("Device");
  command->add_option("--wait", options.forgetting.wait_s, "seconds between labelling and test")
      ->needs(retention)
      ->check(CLI::Range(0.0, 1e30))
      ->group("Device");
  add_output(*command, "--network", arguments->network, "file for the trained network, for 'hopflow snn test'");
  add_output(*command, "--weights", arguments->weights,
             "CSV file for the trained matrix, inputs x neurons, g = (G - Gmin)/(Gmax - Gmin)");
  add_output(*command, "-o,--output", arguments->output, "file for the full result as JSON, receptive fields included");
  add_images(command, *arguments);
  command->footer("Example: hopflow snn train --preset dc2015 --neurons 400 --train 6000 --test 10000 --seed 7 --json");
  command->callback([arguments, &action] { action = [arguments] { return train(*arguments); }; });
}

void add_test(CLI::App* snn, Action& action) {
  auto arguments = std::make_shared<SnnArguments>();
  CLI::App* command =
      snn->add_subcommand("test", "Test a trained network, with its own matrix or with what an array makes of it");
  command->add_option("network", arguments->network, "file of 'hopflow snn train --network'")->required();
  command->add_option("--weights", arguments->read_weights,
                      "CSV file with another matrix, inputs x neurons, e.g. the effective one of an array with wires");
  add_output(*command, "--save-weights", arguments->weights, "CSV file for the matrix that was tested");
  command->add_option("--test", arguments->train.test, "test images")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  add_images(command, *arguments);
  command->footer("Example: hopflow snn test network.json --weights effective.csv --json");
  command->callback([arguments, &action] { action = [arguments] { return test(*arguments); }; });
}

}  // namespace

void add_snn(CLI::App& app, Action& action) {
  CLI::App* snn =
      app.add_subcommand("snn", "Train a spiking network of ideal or device synapses on handwritten digits");
  snn->require_subcommand(1);
  snn->footer("Example: hopflow snn train --preset dc2015 --neurons 400 --train 6000 --test 10000 --seed 7");
  add_train(snn, action);
  add_test(snn, action);
  add_snn_figure6(snn, action);
}

}  // namespace hopflow
