// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow snn: the spiking network alone.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/pipeline/snn_output.hpp"
#include "workflows/pipeline/train.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct SnnArguments {
  pipeline::TrainOptions train;
  int label = 0;
  double anneal = 0;
  std::string data = HOPFLOW_DATA_DIR, device, output;
  bool as_json = false;
};

/// The synapse of a device file: the file of `device fit`, its result, or the synapse alone.
pipeline::DeviceCurve device_curve(const fs::path& path) {
  nlohmann::json file = nlohmann::json::parse(text::read_file(path), nullptr, false);
  if (file.is_discarded()) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: not JSON; a device file of 'hopflow device fit' is expected", text::printable(path.string()))};
  }
  if (file.is_object() && file.contains("result")) file = nlohmann::json(file.at("result"));
  if (file.is_object() && file.contains("synapse")) file = nlohmann::json(file.at("synapse"));
  return pipeline::DeviceCurve::from_json(file);
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

Exit train(SnnArguments arguments) {
  pipeline::TrainOptions& options = arguments.train;
  options.label = arguments.label > 0 ? arguments.label : std::min(options.train, 6000);
  if (!arguments.device.empty()) options.device = device_curve(arguments.device);
  if (arguments.anneal > 0) options.anneal = arguments.anneal;
  const pipeline::Mnist mnist = pipeline::read_mnist(fs::path{arguments.data} / "mnist");
  const pipeline::TrainResult result = pipeline::train_and_test(mnist, options, progress_line());
  nlohmann::json out = pipeline::result_json(options, result);
  out["data_sha256"] = mnist.sha256;
  if (!arguments.output.empty()) text::write_file(arguments.output, out.dump() + "\n");
  const double per_example_ms = 1e3 * result.train_seconds / options.train;
  if (arguments.as_json) {
    out.erase("receptive_fields");
    out["train_ms_per_example"] = per_example_ms;
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  fmt::print("accuracy {:.2f} % on {} test images, {:.2f} % on the first {}\n", 100 * result.accuracy, options.test,
             100 * result.accuracy_first_1000, std::min(1000, options.test));
  fmt::print("{:.1f} spikes per image, {} dead neurons, {:.2f} ms per training example\n", result.spikes_per_image,
             result.dead_neurons, per_example_ms);
  for (const nlohmann::json& note : out.at("notes")) fmt::print("note: {}\n", note.get<std::string>());
  return Exit::converged;
}

}  // namespace

void add_snn(CLI::App& app, Action& action) {
  CLI::App* snn = app.add_subcommand("snn", "Train a spiking network of ideal or device synapses on handwritten digits");
  snn->require_subcommand(1);
  snn->footer("Example: hopflow snn train --preset dc2015 --neurons 400 --train 6000 --test 10000 --seed 7");
  auto arguments = std::make_shared<SnnArguments>();
  pipeline::TrainOptions& options = arguments->train;
  CLI::App* command = snn->add_subcommand("train", "Train once through the images, label the neurons, test");
  command->add_option("--preset", options.preset, "learning rule")
      ->check(CLI::IsMember({"dc2015", "pair", "post-only"}))->capture_default_str();
  command->add_option("--neurons", options.neurons, "excitatory neurons")->check(CLI::Range(1, 6400))->capture_default_str();
  command->add_option("--train", options.train, "training images")->check(CLI::Range(1, 60000))->capture_default_str();
  command->add_option("--test", options.test, "test images")->check(CLI::Range(1, 10000))->capture_default_str();
  command->add_option("--label", arguments->label, "training images the neurons are labelled on (default: those learnt, at most 6000)")
      ->check(CLI::Range(1, 60000));
  command->add_option("--seed", options.seed, "random numbers")->capture_default_str();
  command->add_option("--device", arguments->device, "device file of 'hopflow device fit': its curve is the synapse (pair, post-only)");
  command->add_option("--write-probability", options.write_probability, "a write pulse is sent with this probability (pair, post-only)")
      ->check(CLI::Range(1e-6, 1.0))->capture_default_str();
  command->add_option("--anneal", arguments->anneal, "pulse size at the end of the training over that at its start (pair, post-only)")
      ->check(CLI::Range(1e-6, 1.0));
  command->add_option("--data", arguments->data, "folder with mnist/ (default: the one the set-up filled)");
  command->add_option("-o,--output", arguments->output, "file for the full result as JSON, receptive fields included");
  command->add_flag("--json", arguments->as_json, "for machines");
  command->footer("Example: hopflow snn train --preset dc2015 --neurons 400 --train 6000 --test 10000 --seed 7 --json");
  command->callback([arguments, &action] { action = [arguments] { return train(*arguments); }; });
}

}  // namespace hopflow
