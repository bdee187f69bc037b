// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow snn figure6: many trainings into one folder; each answer is a file of its own, so that a killed run goes on.
#include <atomic>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "potentials/core/places.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/commands/pipeline/snn_commands.hpp"
#include "workflows/pipeline/network/figure6.hpp"
#include "workflows/pipeline/network/snn_output.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Figure6Arguments {
  pipeline::Figure6Options figure;
  std::string images = (picture_files() / "mnist").string(), output = "figure6";
  int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  bool as_json = false;
};

/// Keeps a folder to one process; the system lets go of it when the process ends, however it ends.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : file_{::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)} {
    if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    if (file_ >= 0) ::close(file_);
    throw Error{
        Error::Kind::io,
        fmt::format("{}: another process works in this folder, or it can't be written; wait, or name another with -o",
                    text::printable(folder.string()))};
  }
  ~FolderLock() { ::close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

/// Half-written files of a call that was killed.
void sweep(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".tmp") fs::remove(entry.path());
  }
}

fs::path file_of(const fs::path& folder, const pipeline::Figure6Task& task) {
  return folder / "trainings" / (task.name + ".json");
}

/// The answer a former call left, if it is one to the same question.
std::optional<json> kept_answer(const fs::path& path, const json& question) {
  if (!fs::exists(path)) return std::nullopt;
  const json file = json::parse(text::read_file(path), nullptr, false);
  if (file.is_discarded() || !file.is_object() || file.value("question", json()) != question ||
      !file.contains("answer"))
    return std::nullopt;
  return file.at("answer");
}

/// Answers tasks on several threads. Each answer depends on its question alone, so their order and number change
/// nothing.
std::map<std::string, json> answer_all(const std::vector<pipeline::Figure6Task>& tasks, const pipeline::Mnist& mnist,
                                       const Figure6Arguments& arguments) {
  const fs::path folder = arguments.output;
  std::map<std::string, json> answers;
  std::vector<const pipeline::Figure6Task*> open;
  for (const pipeline::Figure6Task& task : tasks) {
    if (auto answer = kept_answer(file_of(folder, task), task.question(mnist.sha256))) {
      answers[task.name] = std::move(*answer);
    } else {
      open.push_back(&task);
    }
  }
  fmt::print(stderr, "{} trainings, {} of them kept from before\n", tasks.size(), answers.size());
  std::atomic<std::size_t> next{0};
  std::mutex telling;
  std::exception_ptr failed;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t k = next++; k < open.size() && stop_requested() == 0; k = next++) {
      try {
        const pipeline::Figure6Task& task = *open[k];
        json answer =
            pipeline::result_json(task.options, pipeline::train_and_test(mnist, task.options), {}, task.fields);
        const std::lock_guard lock{telling};
        text::write_file(file_of(folder, task),
                         json{{"question", task.question(mnist.sha256)}, {"answer", answer}}.dump() + "\n");
        fmt::print(stderr, "{} of {}: {}: {:.2f} %\n", ++done, open.size(), task.name,
                   100 * answer.at("accuracy").get<double>());
        answers[task.name] = std::move(answer);
      } catch (...) {
        const std::lock_guard lock{telling};
        failed = std::current_exception();
        next = open.size();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int t = 1; t < arguments.threads; ++t) helpers.emplace_back(work);
    work();
  }
  if (failed) std::rethrow_exception(failed);
  if (answers.size() < tasks.size()) {
    throw Error{Error::Kind::stopped,
                fmt::format("stopped after {} of {} trainings; run the same command again to continue", answers.size(),
                            tasks.size())};
  }
  return answers;
}

Exit figure6(const Figure6Arguments& arguments) {
  watch_stop_signals();
  const pipeline::Mnist mnist = pipeline::read_mnist(arguments.images);
  const fs::path folder = arguments.output;
  std::error_code problem;
  fs::create_directories(folder / "trainings", problem);
  if (problem)
    throw Error{Error::Kind::io, fmt::format("{}: {}; name a folder that can be written with -o",
                                             text::printable(folder.string()), problem.message())};
  const FolderLock lock{folder};
  sweep(folder / "trainings");
  const auto answers = answer_all(pipeline::figure6_tasks(arguments.figure), mnist, arguments);
  const auto files = pipeline::figure6_files(arguments.figure, answers);
  for (const auto& [name, content] : files) text::write_file(folder / name, content);
  if (arguments.as_json) {
    fmt::print("{}", files.at("figure6.json"));
  } else {
    fmt::print("{}", files.at("figure6b.csv"));
    fmt::print("figure: {}\n", (folder / "index.html").string());
  }
  return Exit::converged;
}

}  // namespace

void add_snn_figure6(CLI::App* snn, Action& action) {
  auto arguments = std::make_shared<Figure6Arguments>();
  pipeline::Figure6Options& figure = arguments->figure;
  std::vector<std::string> names;
  for (const pipeline::Preset& preset : pipeline::presets()) names.emplace_back(preset.name);
  CLI::App* command = snn->add_subcommand("figure6",
                                          "Accuracy against neurons and training images, receptive fields, loss from "
                                          "unequal devices; run again to continue");
  command->add_option("--presets", figure.presets, "learning rules")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  command->add_option("--neurons", figure.neurons, "6B: excitatory neurons")
      ->delimiter(',')
      ->check(CLI::Range(1, 6400))
      ->capture_default_str();
  command->add_option("--samples", figure.samples, "6D: training images")
      ->delimiter(',')
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  command->add_option("--usual-neurons", figure.usual_neurons, "neurons of 6D and of the losses")
      ->check(CLI::Range(1, 6400))
      ->capture_default_str();
  command->add_option("--usual-samples", figure.usual_samples, "training images of 6B and of the losses")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  command->add_option("--field-neurons", figure.field_neurons, "6C: receptive fields shown")
      ->check(CLI::Range(1, 400))
      ->capture_default_str();
  command->add_option("--field-samples", figure.field_samples, "6C: after so many images")
      ->delimiter(',')
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  command->add_option("--test", figure.test, "test images")->check(CLI::Range(1, 10000))->capture_default_str();
  command->add_option("--seeds", figure.seeds, "trainings for each point")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--images", arguments->images, "folder with the four idx files of MNIST or a set like it");
  command->add_option("--threads", arguments->threads, "trainings at a time; change no result")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "folder for answers and figures")->capture_default_str();
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer("Example: hopflow snn figure6 -o figure6");
  command->callback([arguments, &action] { action = [arguments] { return figure6(*arguments); }; });
}

}  // namespace hopflow
