// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/circuit/array_deck.hpp"

#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/circuit/export_circuit.hpp"
#include "workflows/pipeline/crossbar/cell/element_spice.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

/// Stuck cells keep their state: no rate, neither of hops nor of forgetting.
DeviceParameters still(DeviceParameters p) {
  p.attempt_frequency_thz = 1e-3;
  p.barrier_ev = 5;
  return p;
}

class Deck {
 public:
  Deck(const DeviceArray& array, const Array& ends) : array_{array}, ends_{ends} {}

  std::string text(double width_s) {
    const Index m = array_.state().rows(), n = array_.state().cols();
    for (Index i = 0; i < m; ++i)
      end(ends_.rows[static_cast<std::size_t>(i)], "r", i, row(i, 0), ends_.row_segment_ohm);
    for (Index j = 0; j < n; ++j)
      end(ends_.columns[static_cast<std::size_t>(j)], "c", j, column(m - 1, j), ends_.column_segment_ohm);
    std::string states, currents;
    for (Index j = 0; j < n; ++j)
      if (ends_.columns[static_cast<std::size_t>(j)].voltage_v) currents += fmt::format(" i(vc{})", j);
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        if (j > 0) resistor(fmt::format("r{}_{}", i, j), row(i, j - 1), row(i, j), ends_.row_segment_ohm);
        if (i > 0) resistor(fmt::format("c{}_{}", i, j), column(i - 1, j), column(i, j), ends_.column_segment_ohm);
        cell(i, j);
        states += fmt::format(" v(x{}_{}.x)", i, j);
      }
    }
    return fmt::format(
        "* one pulse of {0} s on an array of memristors: ngspice -b FILE\n{1}{5}{2}"
        ".options {7} method=gear\n.tran {3} {0} 0 {3} uic\n.control\nset "
        "wr_singlescale\n"
        "run\nwrdata array-states.txt{4}\nwrdata array-currents.txt{6}\n.endc\n.end\n",
        text::shortest(width_s), spice_subcircuit(array_.cell(0, 0).parameters(), "memristor"), out_,
        text::shortest(width_s / 200), states, spice_element_header(array_.series()), currents,
        // Nodes between elements that block hold no charge: their voltages are known less well.
        array_.series().present() ? "reltol=1e-5 abstol=1e-12 vntol=1e-6 itl4=50"
                                  : "reltol=1e-6 abstol=1e-15 vntol=1e-9");
  }

 private:
  static std::string row(Index i, Index j) { return fmt::format("r{}_{}", i, j); }
  static std::string column(Index i, Index j) { return fmt::format("c{}_{}", i, j); }

  void resistor(const std::string& name, const std::string& from, const std::string& to, double ohm) {
    // A resistor of 0 ohm is a source of 0 V.
    if (ohm == 0)
      out_ += fmt::format("V{} {} {} 0\n", name, from, to);
    else
      out_ += fmt::format("R{} {} {} {}\n", name, from, to, text::shortest(ohm));
  }

  void end(const LineEnd& at, const char* side, Index k, const std::string& node, double segment_ohm) {
    if (!at.voltage_v) return;
    if (std::isfinite(at.compliance_a)) {
      // A resistor that passes no more than the compliance, 0.1 mV across it where the limit begins.
      out_ += fmt::format("* {0}{1}: its source gives {2} A at most, by a limiter of {3} ohm\n", side, k,
                          text::shortest(at.compliance_a), text::shortest(1e-4 / at.compliance_a));
      out_ += fmt::format("V{0}{1} {0}v{1} 0 {2}\n", side, k, text::shortest(*at.voltage_v));
      out_ += fmt::format(
          "Bl{0}{1} {0}v{1} {0}s{1} I = {2}*V({0}v{1},{0}s{1})/1e-4/pow(1 + pow(V({0}v{1},{0}s{1})/1e-4, 8), 0.125)\n",
          side, k, text::shortest(at.compliance_a));
    } else {
      out_ += fmt::format("V{0}{1} {0}s{1} 0 {2}\n", side, k, text::shortest(*at.voltage_v));
    }
    resistor(fmt::format("{}d{}", side, k), fmt::format("{}s{}", side, k), node, segment_ohm + at.resistance_ohm);
  }

  void cell(Index i, Index j) {
    const DeviceParameters& own = array_.cell(i, j).parameters();
    const std::string name = fmt::format("{}_{}", i, j);
    // What is in series lies between the memristor and the column.
    const std::string inner = array_.series().present() ? "m" + name : column(i, j);
    out_ += fmt::format("X{} {} {} memristor x0={} {}\n", name, row(i, j), inner, text::shortest(array_.state()(i, j)),
                        circuit_parameters(array_.stuck(i, j) ? still(own) : own));
    out_ += spice_element(array_.series(), ends_.rows[static_cast<std::size_t>(i)].gate_on, name, inner, column(i, j));
  }

  const DeviceArray& array_;
  const Array& ends_;
  std::string out_;
};

}  // namespace

std::string array_deck(const DeviceArray& array, const Array& ends, double width_s) {
  if (array.state().rows() > largest_deck || array.state().cols() > largest_deck)
    throw Error{Error::Kind::bad_input,
                fmt::format("netlist: {} x {} cells; at most {} x {} memristors are written, since a circuit simulator "
                            "takes long beyond",
                            array.state().rows(), array.state().cols(), largest_deck, largest_deck)};
  return Deck{array, ends}.text(width_s);
}

}  // namespace hopflow::pipeline
