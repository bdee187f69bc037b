// SPDX-License-Identifier: GPL-2.0-or-later
// Rows on what pulses do: ratios, energy, analog windows, trains, spikes.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/protocols/endurance.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/rows/prediction.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

constexpr double usual_read_v = 0.1;
constexpr double usual_width_s = 1e-2;

Prediction pulse_ratio(const Question& q) {
  const auto set_v = condition(q.row, "set_v"), set_s = condition(q.row, "set_s"),
             reset_v = condition(q.row, "reset_v"), reset_s = condition(q.row, "reset_s");
  if (!set_v || !set_s || !reset_v || !reset_s)
    return not_computed("its protocol doesn't state set_v, set_s, reset_v and reset_s", "bound");
  const double read_v = q.number("read_v", usual_read_v);
  const double set = q.pulse(0, *set_v, *set_s), reset = q.pulse(set, *reset_v, *reset_s);
  const bool both = set > 0.95 && reset < 0.05;
  return {
      .model = read_conductance(q.p, set, read_v) / read_conductance(q.p, reset, read_v),
      .verdict = {},
      .kind = q.stated_as(Tolerance::Rule::at_least) ? "bound" : "independent",
      .reason = both ? fmt::format("both pulses switch fully; the ratio itself is the fitted conductances at the {:g} "
                                   "V read",
                                   read_v)
                     : fmt::format("the set pulse ends at state {:.3g}, the reset pulse at {:.3g}", set, reset)};
}

Prediction write_energy(const Question& q) {
  const auto pulse_v = condition(q.row, "pulse_v"), width_s = condition(q.row, "width_s");
  if (!pulse_v || !width_s) return not_computed("its protocol doesn't state pulse_v and width_s", "arithmetic");
  const double current = operate(q.p, q.number("start", 1), *pulse_v, q.compliance()).current_a;
  return {
      .model = std::abs(*pulse_v * current * *width_s),
      .verdict = {},
      .kind = "arithmetic",
      .reason = q.compliance() == Compliance::on
                    ? "final current, held by the compliance, for the whole pulse: an upper estimate"
                    : "the paper's formula, final current for the whole pulse: an upper estimate; without compliance"};
}

/// The two ends a row's protocol gives for the voltages of a map: low_v and high_v, or a list.
std::optional<std::pair<double, double>> map_range(const Question& q, bool set) {
  const auto low = condition(q.row, "low_v"), high = condition(q.row, "high_v");
  if (low && high) return std::pair{*low, *high};
  const json protocol = q.row.value("protocol", json::object());
  const json list = protocol.value(set ? "pot_v" : "dep_v", json{});
  if (list.is_array() && list.size() == 2 && list.at(0).is_number() && list.at(1).is_number())
    return std::pair{list.at(0).get<double>(), list.at(1).get<double>()};
  return std::nullopt;
}

/// Trains from each start state the row leaves open; the union of the windows.
std::optional<AnalogWindow> window_of_map(const Question& q, bool set) {
  const double reach = q.p.sweep_limit_v;
  const auto [low, high] = map_range(q, set).value_or(set ? std::pair{0.05, reach} : std::pair{-reach, -0.05});
  std::vector<double> starts{0.0, 0.5, 1.0};
  if (const auto start = condition(q.row, "start")) starts = {*start};
  std::optional<AnalogWindow> all;
  for (const double start : starts) {
    const auto map = programming_map(q.p, {.low_v = low,
                                           .high_v = high,
                                           .step_v = q.number("step_v", 0.05),
                                           .pulses = static_cast<int>(q.number("pulses", 300)),
                                           .width_s = q.number("width_s", usual_width_s),
                                           .start = start,
                                           .read_v = q.number("read_v", usual_read_v)});
    const auto window = analog_window(map, set ? 1 : -1);
    if (!window) continue;
    if (!all) all = window;
    all->low_v = std::min(all->low_v, window->low_v);
    all->high_v = std::max(all->high_v, window->high_v);
  }
  return all;
}

std::string pulses_of(const Question& q) {
  const auto start = condition(q.row, "start");
  return fmt::format("{:g} ms pulses from {}", 1e3 * q.number("width_s", usual_width_s),
                     start ? fmt::format("state {:g}", *start) : "states 0, 0.5 and 1 (assumed)");
}

Prediction analog_window_row(const Question& q) {
  const json& value = q.row.at("value");
  const json direction = q.row.value("protocol", json::object()).value("direction", json{});
  bool set = direction == "set";
  if (!direction.is_string()) {
    if (!value.is_array() || value.empty() || !value.at(0).is_number())
      return not_computed("neither its protocol.direction nor its value says which direction is meant");
    set = value.at(0).get<double>() > 0;
  }
  const auto window = window_of_map(q, set);
  return {
      .model = window ? json{window->low_v, window->high_v} : json("no analog window"),
      .verdict = {},
      .kind = "independent",
      .reason = pulses_of(q) +
                (set ? ": one filament with one set threshold switches in one pulse or not at all"
                     : "; the slope of the reset threshold was chosen knowing the first reference's window, so it is "
                       "no clean test")};
}

/// Whether a row says that depression has the wider window; nullopt if it says neither.
std::optional<bool> depression_wider(const json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string words = text::lower(value.get<std::string>());
  const std::size_t at = words.find_first_of("<>");
  if (at == std::string::npos) return std::nullopt;
  const bool left_larger = words[at] == '>';
  const std::size_t depression = words.find("depression"), potentiation = words.find("potentiation");
  if (depression < at && potentiation != std::string::npos && potentiation > at) return left_larger;
  if (potentiation < at && depression != std::string::npos && depression > at) return !left_larger;
  // Two widths, depression first; numbers that contradict their sign say nothing.
  const auto left = text::split_words(words.substr(0, at)), right = text::split_words(words.substr(at + 1));
  if (left.empty() || right.empty()) return std::nullopt;
  const auto a = text::to_double(left.front()), b = text::to_double(right.front());
  if (!a || !b || (*a > *b) != left_larger) return std::nullopt;
  return left_larger;
}

Prediction window_asymmetry(const Question& q) {
  const auto up = window_of_map(q, true), down = window_of_map(q, false);
  const double up_v = up ? up->high_v - up->low_v : 0, down_v = down ? down->high_v - down->low_v : 0;
  const auto said = depression_wider(q.row.at("value"));
  return {
      .model = fmt::format("{:.2f} V {} {:.2f} V", down_v, down_v > up_v ? ">" : "<=", up_v),
      .verdict = judge_words(said ? std::optional<std::string>{*said ? "depression" : "potentiation"} : std::nullopt,
                             down_v > up_v ? "depression" : "potentiation",
                             "'depression > potentiation', or two widths that agree with their sign"),
      .kind = "sign",
      .reason =
          "only the widths are judged; not clean: the slope of the reset threshold was chosen knowing the "
          "depression window"};
}

/// The limit of the label a row states in words, "|nonlinearity label| > 0.5".
double label_limit(const Question& q) {
  const json tol = q.row.value("tol", json{});
  if (tol.is_string()) {
    const std::string words = tol;
    const std::size_t at = words.find('>');
    if (at != std::string::npos)
      if (const auto rest = text::split_words(words.substr(at + 1)); !rest.empty())
        if (const auto limit = text::to_double(rest.front())) return *limit;
  }
  return q.number("label_above", 0.5);
}

Prediction pulse_linearity(const Question& q) {
  static constexpr auto words =
      std::to_array<Phrase>({{"non-linear", "non-linear"}, {"non-linear", "nonlinear"}, {"linear", "linear"}});
  const double voltage = q.number("pulse_v", q.number("ltp_v", 1.0)), width = q.number("width_s", usual_width_s);
  constexpr int count = 50;
  const double start = q.number("start", voltage > 0 ? 0 : 1);
  const auto train = pulse_train(q.p, start, voltage, width, count, q.number("read_v", usual_read_v));
  const double range = train.back() - train.front();
  int pulses = 1;
  while (pulses < count && std::abs(train[static_cast<std::size_t>(pulses)] - train.front()) < 0.95 * std::abs(range))
    ++pulses;
  const double label = nonlinearity_label(train);
  const std::string model = pulses <= 2 ? "a switch" : std::abs(label) > label_limit(q) ? "non-linear" : "linear";
  return {
      .model = fmt::format("95 % of the range after {} pulse{}", pulses, pulses == 1 ? "" : "s"),
      .verdict = judge_words(word_in(q.row.at("value"), words), model, "linear, non-linear"),
      .kind = "independent",
      .reason = fmt::format("a curve counts as gradual if it takes more than two pulses of {:+.1f} V, {:g} ms from x = "
                            "{:g}; the label of a switch, here {:.2g}, would pass the tolerance's letter and means "
                            "nothing",
                            voltage, 1e3 * width, start, label)};
}

/// Hebbian, anti-Hebbian, symmetric or none, by the sign of the change on each side.
std::string shape_of(const std::vector<StdpPoint>& curve) {
  if (hebbian(curve)) return "hebbian";
  std::vector<StdpPoint> mirrored(curve.rbegin(), curve.rend());
  for (StdpPoint& point : mirrored) point.distance_s = -point.distance_s;
  if (hebbian(mirrored)) return "anti-hebbian";
  double after = 0, before = 0;
  for (const StdpPoint& point : curve) {
    double& side = point.distance_s > 0 ? after : before;
    const double change = std::log(point.after_s / point.before_s);
    if (std::abs(change) > std::abs(side)) side = change;
  }
  if (std::max(std::abs(after), std::abs(before)) < 1e-3) return "none";
  return after * before > 0 ? "symmetric" : "one-sided";
}

Prediction stdp_row(const Question& q) {
  static constexpr auto words = std::to_array<Phrase>({{"anti-hebbian", "anti-hebbian"},
                                                       {"anti-hebbian", "anti hebbian"},
                                                       {"anti-hebbian", "pre before post depresses"},
                                                       {"hebbian", "hebbian"},
                                                       {"hebbian", "pre before post potentiates"},
                                                       {"symmetric", "symmetric"},
                                                       {"none", "none"},
                                                       {"none", "no plasticity"}});
  // What a row leaves open is run through its whole range: a shape that one choice of spikes gives is no prediction.
  std::vector<std::pair<double, double>> spikes{{1e-6, 2e-5}, {1e-3, 2e-2}, {1e-2, 1e-1}};
  std::vector<double> starts{0.2, 0.6, 1.0};
  if (const auto width = condition(q.row, "spike_s")) spikes = {{*width, q.number("tail_s", 20 * *width)}};
  if (const auto start = condition(q.row, "start")) starts = {*start};
  StdpOptions options;
  options.spike_v = q.number("spike_v", options.spike_v);
  options.tail_v = q.number("tail_v", options.tail_v);
  options.read_v = q.number("read_v", options.read_v);
  const auto curve_of = [&](double width, double tail, double start) {
    StdpOptions each = options;
    each.width_s = width;
    each.tail_s = tail;
    each.start = start;
    return stdp(q.p, each);
  };
  std::map<std::string, int> shapes;
  int all = 0;
  for (const auto& [width, tail] : spikes)
    for (const double start : starts) {
      ++shapes[shape_of(curve_of(width, tail, start))];
      ++all;
    }
  const auto said = word_in(q.row.at("value"), words);
  const int as_said = said ? shapes[*said] : 0;
  double up = 1, down = 1;
  for (const StdpPoint& point :
       curve_of(spikes.front().first, spikes.front().second, starts.size() == 1 ? starts.front() : options.start)) {
    up = std::max(up, point.after_s / point.before_s);
    down = std::min(down, point.after_s / point.before_s);
  }
  Prediction out{
      .model = fmt::format("x {:.3g} pre before post, x {:.2g} post before pre", up, down),
      .verdict = Verdict{},
      .kind = "sign",
      .reason = fmt::format("spikes of {:g} V; {} of {} assumed spike widths (1 us to 10 ms) and start states "
                            "give the stated shape; the numbers are those of the first",
                            options.spike_v, as_said, all)};
  if (!said)
    out.verdict->reason = "its value says none of: Hebbian, anti-Hebbian, symmetric, none";
  else if (as_said == all)
    out.verdict->outcome = Outcome::hit;
  else if (as_said == 0)
    out.verdict = Verdict{Outcome::miss, fmt::format("no assumed spike gives the shape '{}'", *said), std::nullopt};
  else
    out.verdict->reason =
        "undecided: the row doesn't state spike width and start state (protocol.spike_s, protocol.start), and the "
        "shape "
        "depends on them";
  return out;
}

/// Cycles until the on/off ratio falls to protocol.ratio_above (10 unless stated), by the law fitted to measured
/// cycles.
Prediction endurance_row(const Question& q) {
  const json* known = nullptr;
  for (const json& row : q.bench.rows)
    if (kind_of(row) == "endurance_law" && (film_of(row).empty() || film_of(row) == q.film())) known = &row.at("value");
  if (known == nullptr || !known->is_object())
    return not_computed(fmt::format("answered by {}", find_kind("endurance")->outside));
  const double least = q.number("ratio_above", 10), last = known->value("last_cycles", 0.0);
  if (!known->contains("law")) {
    const double ratio = known->value("last_ratio", 0.0);
    if (ratio < least || !q.row.at("value").is_number() || q.row.at("value").get<double>() > last ||
        !q.stated_as(Tolerance::Rule::at_least))
      return not_computed(
          fmt::format("the measured ratio is still {:.3g} after {:g} cycles, and no law can be fitted to "
                      "that",
                      ratio, last),
          "bound");
    return {.model = last, .verdict = {}, .kind = "bound", .reason = "so many cycles were measured, without wear"};
  }
  const WearLaw law = wear_law_from_json(known->at("law"), "reference: endurance_law");
  const double cycles = law.cycles_until(least);
  return {.model = cycles,
          .verdict = {},
          .kind = "independent",
          .reason = fmt::format("on/off ratio above {:g} by the measured law of wear, within a factor {:.2g} (one "
                                "standard error){}",
                                least, std::exp(law.cycles_until_sd_ln(least)),
                                cycles > law.last_cycles && law.last_cycles > 0
                                    ? fmt::format("; extrapolated beyond the {:g} cycles measured", law.last_cycles)
                                    : "")};
}

}  // namespace

const std::map<std::string_view, Predictor>& pulse_predictors() {
  static const std::map<std::string_view, Predictor> table{
      {"pulse_ratio", pulse_ratio},         {"write_energy", write_energy},
      {"analog_window", analog_window_row}, {"window_asymmetry", window_asymmetry},
      {"pulse_linearity", pulse_linearity}, {"stdp", stdp_row},
      {"endurance", endurance_row}};
  return table;
}

}  // namespace hopflow::pipeline
