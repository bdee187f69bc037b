// SPDX-License-Identifier: GPL-2.0-or-later
// The driver: replays a corpus, then changes its files at random, the same changes for the same seed. Built by clang
// with -fsanitize=fuzzer -DHOPFLOW_LIBFUZZER it is the entry of libFuzzer instead, for the target named in FUZZ_TARGET.
//
//     fuzz_structures CORPUS [--runs N] [--seed N] [--only TARGET]
//
// Exit code 1 for a reader that ends otherwise than by returning or throwing an Error, or takes more than 5 s (50 with
// sanitizers). The input is in a file then, named on standard error; after a crash it is in `current-TARGET`.
#include "tests/faults/fuzz/fuzz.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 1 << 16;
#if defined(__SANITIZE_ADDRESS__)
constexpr double slowest_s = 50;
#else
constexpr double slowest_s = 5;
#endif

constexpr std::array<std::string_view, 42> words{"nan",        "inf",         "-1",
                                                 "0",          "1e308",       "-1e308",
                                                 "1e-320",     "1e999",       "?",
                                                 ".",          "~",           "null",
                                                 "true",       "\"\"",        "[]",
                                                 "{}",         "[[[[",        "&a",
                                                 "*a",         "\t",          "\r",
                                                 "\xff\xfe",   "\xc2\x80",    "---\n",
                                                 "- ",         ": ",          "|\n",
                                                 "#",          "\"",          "'",
                                                 "2147483648", "-2147483649", "9223372036854775808",
                                                 "0x10",       "+5",          "loop_\n",
                                                 "data_x\n",   "\n;\n",       "'x*y,y,z'",
                                                 "(3)",        ",,",          "\n\n"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : chance_{seed} {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(chance_() % n); }

  std::string changed(std::string content, const std::string& other) {
    for (std::size_t k = 1 + below(4); k > 0; --k) change(content, other);
    if (content.size() > longest) content.resize(longest);
    return content;
  }

 private:
  void change(std::string& content, const std::string& other) {
    constexpr std::array<std::size_t, 7> lengths{1, 1, 2, 5, 20, 100, 1000};
    const std::size_t at = below(content.size() + 1), length = lengths[below(lengths.size())];
    switch (below(9)) {
      case 0: content.resize(at); break;
      case 1: content.erase(at, length); break;
      case 2: content.insert(at, std::string{std::string_view{content}.substr(at, length)}); break;
      case 3: content.insert(at, words[below(words.size())]); break;
      case 4:
        if (at < content.size()) content[at] = static_cast<char>(below(256));
        break;
      case 5:
        if (at < content.size()) content[at] = static_cast<char>(content[at] ^ 1 << below(8));
        break;
      case 6: content = content.substr(0, at) + other.substr(below(other.size() + 1)); break;
      case 7: {  // eight bytes of some count or number
        constexpr std::array<std::uint64_t, 6> numbers{0,      1, 0x7fffffff, 0xffffffffffffffff, 0x7ff8000000000000,
                                                       1 << 20};
        const std::uint64_t number = numbers[below(numbers.size())];
        for (std::size_t b = 0; b < 8 && at + b < content.size(); ++b)
          content[at + b] = static_cast<char>(number >> 8 * b);
        break;
      }
      default: exchange_word(content);
    }
  }

  void exchange_word(std::string& content) {
    constexpr const char* blanks = " \t\n,[]{}:";
    const std::size_t begin = content.find_first_not_of(blanks, below(content.size() + 1));
    if (begin == std::string::npos) return;
    const std::size_t end = std::min(content.find_first_of(blanks, begin), content.size());
    content.replace(begin, end - begin, words[below(words.size())]);
  }

  std::mt19937_64 chance_;
};

/// What is being read now, where a crash leaves it.
class Current {
 public:
  explicit Current(const fs::path& file) {
    const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (opened >= 0 && ::ftruncate(opened, size) == 0) {
      void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
      if (at != MAP_FAILED) place_ = static_cast<char*>(at);
    }
    if (opened >= 0) ::close(opened);
  }
  ~Current() {
    if (place_ != nullptr) ::munmap(place_, size);
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

  void set(const std::string& content) {
    if (place_ == nullptr) return;
    const std::uint64_t length = content.size();
    std::memcpy(place_, &length, sizeof length);
    std::memcpy(place_ + sizeof length, content.data(), content.size());
  }

 private:
  static constexpr std::size_t size = longest + 4096;
  char* place_ = nullptr;
};

std::string content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (content.size() > longest) content.resize(longest);
  return content;
}

/// The files of a target, and those of the repository that its list names.
std::vector<std::string> seeds_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().filename() != "seeds.txt") {
      files.push_back(entry.path());
      continue;
    }
    std::ifstream list{entry.path()};
    for (std::string line; std::getline(list, line);) files.push_back(fs::path{HOPFLOW_SOURCE_DIR} / line);
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> out;
  for (const fs::path& file : files) out.push_back(content_of(file));
  return out;
}

/// @return what is wrong, "" for nothing
std::string outcome(const fuzz::Target& target, const std::string& content, long& refused) {
  const auto begun = std::chrono::steady_clock::now();
  try {
    target.read(content);
  } catch (const hopflow::Error&) {
    ++refused;
  } catch (const std::exception& problem) {
    return fmt::format("an exception that is no Error: {}", problem.what());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return seconds > slowest_s ? fmt::format("{:.1f} s", seconds) : "";
}

bool try_target(const fuzz::Target& target, const fs::path& corpus, long runs, std::uint64_t seed) {
  const std::vector<std::string> seeds = seeds_of(corpus / target.name);
  if (seeds.empty()) {
    fmt::print("FAIL  {}: no seeds in {}\n", target.name, (corpus / target.name).string());
    return false;
  }
  std::uint64_t mixed = seed;
  for (const char* c = target.name; *c != '\0'; ++c) mixed = mixed * 1099511628211ULL + static_cast<unsigned char>(*c);
  Mutator mutator{mixed};
  Current current{fs::path{fmt::format("current-{}", target.name)}};
  long refused = 0, found = 0;
  for (long k = 0; k < runs + static_cast<long>(seeds.size()) && found < 10; ++k) {
    const bool replay = k < static_cast<long>(seeds.size());
    const std::string content =
        replay ? seeds[static_cast<std::size_t>(k)]
               : mutator.changed(seeds[mutator.below(seeds.size())], seeds[mutator.below(seeds.size())]);
    current.set(content);
    const std::string problem = outcome(target, content, refused);
    if (problem.empty()) continue;
    const std::string kept = fmt::format("found-{}-{}", target.name, k);
    std::ofstream{kept, std::ios::binary} << content;
    fmt::print(stderr, "{}: input {}: {}; kept in {}\n", target.name, k, problem, kept);
    ++found;
  }
  fmt::print("{} {}: {} seeds and {} changed inputs, {} of them refused, {} findings\n", found == 0 ? "ok   " : "FAIL ",
             target.name, seeds.size(), runs, refused, found);
  std::fflush(stdout);
  if (found == 0) fs::remove(fmt::format("current-{}", target.name));
  return found == 0;
}

}  // namespace

fs::path fuzz::as_file(const std::string& content, const std::string& ending) {
  const fs::path file = fs::current_path() / fmt::format("input-{}{}", ::getpid(), ending);
  std::ofstream{file, std::ios::binary} << content;
  return file;
}

#ifdef HOPFLOW_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Target target = [] {
    const char* wanted = std::getenv("FUZZ_TARGET");
    for (const fuzz::Target& one : fuzz::targets())
      if (wanted == nullptr || std::strcmp(wanted, one.name) == 0) return one;
    std::abort();
  }();
  try {
    target.read({reinterpret_cast<const char*>(data), size});
  } catch (const hopflow::Error&) {
  }
  return 0;
}
#else
int main(int argc, char** argv) {
  fs::path corpus;
  long runs = 10000;
  std::uint64_t seed = 1;
  std::string only;
  for (int k = 1; k < argc; ++k) {
    const std::string_view word = argv[k];
    const bool has_value = word.starts_with("--") && k + 1 < argc;
    if (word == "--runs" && has_value)
      runs = std::atol(argv[++k]);
    else if (word == "--seed" && has_value)
      seed = std::strtoull(argv[++k], nullptr, 10);
    else if (word == "--only" && has_value)
      only = argv[++k];
    else
      corpus = word;
  }
  bool held = true, any = false;
  for (const fuzz::Target& target : fuzz::targets()) {
    if (!only.empty() && only != target.name) continue;
    any = true;
    held = try_target(target, corpus, runs, seed) && held;
  }
  return held && any ? 0 : 1;
}
#endif
