// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/disorder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <Random123/philox.h>
#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double most_listed = 20'000;  // arrangements that are compared under the symmetry operations
constexpr int most_tries = 64;          // arrangements judged before giving up
constexpr double same_weight = 1e-6;

using Clusters = std::vector<std::vector<DisorderOption>>;

double count_of(const Clusters& clusters) {
  double count = 1;
  for (const auto& options : clusters) count *= static_cast<double>(options.size());
  return count;
}

/// The likeliest options of each cluster only.
Clusters likeliest(const Clusters& clusters) {
  Clusters out;
  for (const auto& options : clusters) {
    auto& kept = out.emplace_back();
    for (const DisorderOption& option : options)
      if (option.log_weight > options.front().log_weight - same_weight) kept.push_back(option);
  }
  return out;
}

/// One arrangement of the cell and how many images it has.
struct Representative {
  std::vector<int> fragments;  // present ones, ascending
  double log_weight = 0;
  long degeneracy = 1;
};

std::vector<int> image_of(const std::vector<int>& fragments, const std::vector<int>& leads) {
  std::vector<int> out;
  for (const int f : fragments) out.push_back(leads[static_cast<std::size_t>(f)]);
  std::sort(out.begin(), out.end());
  return out;
}

/// Every arrangement once up to symmetry: likeliest first, among equals the most symmetric, then in file order.
std::vector<Representative> list_representatives(const Clusters& clusters,
                                                 const std::vector<std::vector<int>>& images) {
  std::vector<Representative> out;
  std::set<std::vector<int>> seen;
  std::vector<std::size_t> choice(clusters.size(), 0);
  while (true) {
    Representative r;
    for (std::size_t k = 0; k < clusters.size(); ++k) {
      const DisorderOption& option = clusters[k][choice[k]];
      r.fragments.insert(r.fragments.end(), option.fragments.begin(), option.fragments.end());
      r.log_weight += option.log_weight;
    }
    std::sort(r.fragments.begin(), r.fragments.end());
    if (!seen.contains(r.fragments)) {
      std::set<std::vector<int>> orbit{r.fragments};
      for (const std::vector<int>& leads : images) orbit.insert(image_of(r.fragments, leads));
      r.degeneracy = static_cast<long>(orbit.size());
      seen.insert(orbit.begin(), orbit.end());
      out.push_back(std::move(r));
    }
    std::size_t k = 0;
    while (k < choice.size() && ++choice[k] == clusters[k].size()) choice[k++] = 0;
    if (k == choice.size()) break;
  }
  std::stable_sort(out.begin(), out.end(), [](const Representative& a, const Representative& b) {
    const long x = std::lround(a.log_weight / same_weight), y = std::lround(b.log_weight / same_weight);
    if (x != y) return x > y;
    return a.degeneracy != b.degeneracy ? a.degeneracy < b.degeneracy : a.fragments < b.fragments;
  });
  return out;
}

/// Uniform in [0, 1), a function of its arguments alone.
double uniform(long seed, std::uint32_t draw, std::uint32_t cluster) {
  constexpr std::uint32_t purpose = 0x64697364;  // keeps these numbers apart from others of the same seed
  const auto key = static_cast<std::uint64_t>(seed);
  const r123::Philox4x32::ctr_type counter{{draw, cluster, purpose, 0}};
  const r123::Philox4x32::key_type keys{{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  return static_cast<double>(r123::Philox4x32{}(counter, keys)[0]) / 4294967296.0;
}

Representative draw(const Clusters& clusters, long seed, std::uint32_t number) {
  Representative out;
  for (std::size_t k = 0; k < clusters.size(); ++k) {
    double sum = 0;
    for (const DisorderOption& option : clusters[k]) sum += std::exp(option.log_weight);
    double rest = uniform(seed, number, static_cast<std::uint32_t>(k)) * sum;
    const DisorderOption* taken = &clusters[k].back();
    for (const DisorderOption& option : clusters[k])
      if ((rest -= std::exp(option.log_weight)) < 0) {
        taken = &option;
        break;
      }
    out.fragments.insert(out.fragments.end(), taken->fragments.begin(), taken->fragments.end());
    out.log_weight += taken->log_weight;
  }
  return out;
}

/// Logarithm of the sum over all arrangements, which makes weights probabilities.
double log_norm(const Clusters& clusters) {
  double out = 0;
  for (const auto& options : clusters) {
    double sum = 0;
    for (const DisorderOption& option : options) sum += std::exp(option.log_weight);
    out += std::log(sum);
  }
  return out;
}

class Resolver {
 public:
  Resolver(const DisorderGroups& groups, const Disorder& disorder, bool every, CifPlace place, const Judge& judge,
           CifProblems& problems)
      : groups_{groups}, disorder_{disorder}, every_{every}, place_{place}, judge_{judge}, problems_{problems} {}

  std::vector<ResolvedDisorder> resolve() {
    if (disorder_.mode == Disorder::Mode::seed) return drawn();
    const bool lists = disorder_.mode != Disorder::Mode::majority;
    const Clusters clusters = lists ? groups_.clusters : likeliest(groups_.clusters);
    std::vector<Representative> list;
    if (count_of(clusters) <= most_listed) {
      list = list_representatives(clusters, groups_.images);
    } else if (!lists) {
      Representative first;
      for (const auto& options : clusters)
        first.fragments.insert(first.fragments.end(), options.front().fragments.begin(),
                               options.front().fragments.end());
      list.push_back(std::move(first));
    } else {
      problems_.add(
          place_, fmt::format("{:.4g} arrangements are too many to list (at most {:.0f}); take 'majority' or 'seed S'",
                              count_of(clusters), most_listed));
      return {};
    }
    return lists ? from_list(list) : first_credible(list);
  }

 private:
  std::vector<bool> atoms_of(const Representative& r) const {
    std::vector<bool> out(groups_.atoms.size(), false);
    for (const int f : r.fragments)
      for (const int atom : groups_.fragments[static_cast<std::size_t>(f)].atoms)
        out[static_cast<std::size_t>(atom)] = true;
    return out;
  }

  std::vector<ResolvedDisorder> none(const std::string& tried, const std::string& why, const char* advice) {
    problems_.add(place_, fmt::format("none of the {} of the disordered sites is credible: {}{}", tried, why, advice));
    return {};
  }

  ResolvedDisorder made(const Representative& r) const {
    ResolvedDisorder out;
    out.is_there = atoms_of(r);
    out.report.mode = disorder_text(disorder_);
    out.report.arrangements = count_of(groups_.clusters);
    for (std::size_t kind = 0; kind < groups_.kinds.size(); ++kind) {
      const auto is_kind = [&](int f) {
        return groups_.fragments[static_cast<std::size_t>(f)].kind == static_cast<int>(kind);
      };
      const auto all = std::count_if(groups_.fragments.begin(), groups_.fragments.end(),
                                     [&](const Fragment& f) { return f.kind == static_cast<int>(kind); });
      out.report.chosen.push_back(fmt::format("{}: {} of {}", groups_.kinds[kind],
                                              std::count_if(r.fragments.begin(), r.fragments.end(), is_kind), all));
    }
    return out;
  }

  std::vector<ResolvedDisorder> drawn() {
    std::string why;
    for (int k = 0; k < most_tries; ++k) {
      const Representative r = draw(groups_.clusters, disorder_.number, static_cast<std::uint32_t>(k));
      const Verdict verdict = judge_(atoms_of(r));
      if (verdict.problem.empty()) return {made(r)};
      if (why.empty()) why = verdict.problem;
    }
    return none(fmt::format("first {} draws", most_tries), why, "; correct the sites");
  }

  std::vector<ResolvedDisorder> first_credible(const std::vector<Representative>& list) {
    std::string why;
    int tried = 0;
    for (const Representative& r : list) {
      if (tried++ == most_tries) break;
      const Verdict verdict = judge_(atoms_of(r));
      if (verdict.problem.empty()) return {made(r)};
      if (why.empty()) why = verdict.problem;
    }
    return none(fmt::format("{} likeliest arrangements", std::min(tried, most_tries)), why,
                "; 'enumerate N' looks among all of them");
  }

  std::vector<ResolvedDisorder> from_list(const std::vector<Representative>& list) {
    const bool picks = disorder_.mode == Disorder::Mode::choice;
    const double norm = log_norm(groups_.clusters);
    std::vector<Arrangement> kept;
    std::vector<const Representative*> at;
    std::string why;
    int judged = 0;
    for (const Representative& r : list) {
      if (static_cast<long>(kept.size()) == disorder_.number || judged - static_cast<int>(kept.size()) >= most_tries)
        break;
      ++judged;
      const Verdict verdict = judge_(atoms_of(r));
      if (!verdict.problem.empty()) {
        if (why.empty()) why = verdict.problem;
        continue;
      }
      kept.push_back(
          {r.degeneracy, static_cast<double>(r.degeneracy) * std::exp(r.log_weight - norm), verdict.formula});
      at.push_back(&r);
    }
    if (kept.empty()) return none(fmt::format("first {} arrangements", judged), why, "; correct the sites");
    if (picks && static_cast<long>(kept.size()) < disorder_.number) {
      problems_.add(place_, fmt::format("choice {}: there are only {} arrangements", disorder_.number, kept.size()));
      return {};
    }
    std::vector<ResolvedDisorder> out;
    const std::size_t first = picks ? kept.size() - 1 : 0, end = every_ ? kept.size() : first + 1;
    for (std::size_t k = first; k < end; ++k) {
      out.push_back(made(*at[k]));
      out.back().report.taken = static_cast<int>(k) + 1;
    }
    out.front().report.representatives = std::move(kept);
    return out;
  }

  const DisorderGroups& groups_;
  const Disorder& disorder_;
  bool every_;
  CifPlace place_;
  const Judge& judge_;
  CifProblems& problems_;
};

struct ModeName {
  std::string_view word;
  Disorder::Mode mode;
  bool has_number;
};
constexpr std::array modes{
    ModeName{"ordered", Disorder::Mode::ordered, false}, ModeName{"majority", Disorder::Mode::majority, false},
    ModeName{"enumerate", Disorder::Mode::enumerate, true}, ModeName{"choice", Disorder::Mode::choice, true},
    ModeName{"seed", Disorder::Mode::seed, true}};

}  // namespace

std::optional<Disorder> parse_disorder(std::string_view words) {
  std::string plain{words};
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == ':' || c == '='; }, ' ');
  const std::vector<std::string> parts = text::split_words(plain);
  if (!parts.empty() && parts.size() <= 2 && parts[0] == "supercell") {
    Disorder out{Disorder::Mode::supercell, 0, {}};
    if (parts.size() == 1 || parts[1] == "ewald") return out;
    out.ordering.by = Ordering::By::random;
    const auto seed = text::to_integer(parts[1]);
    if (!seed && parts[1] != "random") return std::nullopt;
    out.ordering.seed = seed.value_or(0);
    return out;
  }
  for (const ModeName& name : modes) {
    if (parts.empty() || parts[0] != name.word || parts.size() != (name.has_number ? 2 : 1)) continue;
    if (!name.has_number) return Disorder{name.mode, 0, {}};
    const auto number = text::to_integer(parts[1]);
    const bool counts = name.mode != Disorder::Mode::seed;
    if (!number || (counts && (*number < 1 || *number > 10'000))) return std::nullopt;
    return Disorder{name.mode, *number, {}};
  }
  return std::nullopt;
}

std::string disorder_text(const Disorder& disorder) {
  if (disorder.mode == Disorder::Mode::supercell)
    return disorder.ordering.by == Ordering::By::ewald ? "supercell"
                                                       : fmt::format("supercell {}", disorder.ordering.seed);
  for (const ModeName& name : modes)
    if (name.mode == disorder.mode)
      return name.has_number ? fmt::format("{} {}", name.word, disorder.number) : std::string{name.word};
  return "";
}

std::vector<ResolvedDisorder> resolve_disorder(const DisorderGroups& groups, const Disorder& disorder, bool every,
                                               CifPlace place, const Judge& judge, CifProblems& problems) {
  return Resolver{groups, disorder, every, place, judge, problems}.resolve();
}

}  // namespace hopflow
