// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/material_run.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "potentials/lammps/library.hpp"
#include "structures/cell.hpp"
#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/text.hpp"
#include "workflows/bytes.hpp"

namespace hopflow {

namespace {

/// An ion put nearer than this to another atom starts a relaxation nobody should trust (A).
constexpr double least_contact = 2.0;

std::string site_list(const std::vector<int>& sites) {
  std::vector<std::string> words;
  for (const int site : sites) words.push_back(std::to_string(site));
  return words.empty() ? "none" : text::join(words, ", ");
}

/// "" if exactly `wanted` is empty, else what happened instead.
std::string occupancy_problem(const Configuration& host, const Configuration& configuration, int element, int wanted) {
  const std::vector<int> empty = empty_sites(host, configuration, element);
  if (empty == std::vector<int>{wanted}) return "";
  return fmt::format("vacancy slipped: empty site(s) {} after relaxation instead of {} (0-based, host supercell)",
                     site_list(empty), wanted);
}

std::vector<int> select_hops(const Study& study, const HopTable& table, const std::string& material) {
  std::vector<int> all;
  for (int i = 0; i < static_cast<int>(table.hops.size()); ++i) all.push_back(i);
  if (all.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no {} hop of at most {} A; raise hops.max_length", material, study.element,
                            study.max_length)};
  if (study.select == "all") return all;
  if (study.select == "shortest") return {0};  // the table is sorted by length
  if (study.select == "network") return network_selection(table);
  std::vector<int> chosen;
  for (const int i : all)
    if (std::find(study.hop_ids.begin(), study.hop_ids.end(), table.hops[static_cast<std::size_t>(i)].id) !=
        study.hop_ids.end())
      chosen.push_back(i);
  if (chosen.empty()) {
    std::vector<std::string> ids;
    for (const Hop& hop : table.hops) ids.push_back(hop.id);
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: none of hops.select is a hop of this material; it has {}", material,
                            text::join(ids, ", "))};
  }
  return chosen;
}

}  // namespace

std::string to_string(Ending ending) {
  switch (ending) {
    case Ending::converged: return "converged";
    case Ending::not_converged: return "not_converged";
    case Ending::slipped: return "slipped";
    case Ending::collapsed: return "collapsed";
    case Ending::failed: return "failed";
  }
  return "failed";
}

MaterialRun plan_material(const Study& study, const MaterialEntry& entry) {
  MaterialRun run;
  run.entry = entry;
  const auto structure = study.folder / entry.structure;
  run.structure_hash = hash128_hex(text::read_file(structure));
  run.crystal = read_structure(structure, entry.disorder);
  if (entry.require_experimental) refuse_model(run.crystal, structure.string());
  const std::vector<Bond> bonds = find_bonds(run.crystal);
  run.molecules = find_molecules(run.crystal, bonds);
  run.crystal = with_whole_molecules(run.crystal, run.molecules);
  run.organic.assign(static_cast<std::size_t>(run.crystal.size()), false);
  for (const Molecule& molecule : run.molecules)
    for (const int atom : molecule.atoms) run.organic[static_cast<std::size_t>(atom)] = true;
  run.framework = find_framework(run.crystal);
  run.crystal_symmetry = find_symmetry(run.crystal, SymmetryOf::crystal, 0.01);
  run.symmetry = find_symmetry(run.crystal, study.symmetry_of, study.symprec);
  const int element = *atomic_number(study.element);
  run.table = find_hops(run.crystal, run.symmetry, element, study.max_length);
  run.selected = select_hops(study, run.table, entry.name);
  run.supercell = find_supercell(run.crystal, study.min_image_distance, study.chain_distance);
  if (ipi_of(study, entry) == nullptr)
    run.forcefield = ForceField::load(study.folder / entry.forcefield, entry.charge_set);
  run.host_engine = engine_of(study, run);
  for (const int hop : run.selected) {
    HopRun one;
    one.hop = hop;
    run.hops.push_back(std::move(one));
    const int from = run.table.hops[static_cast<std::size_t>(hop)].representative.from;
    run.vacancies[from].atom = from;
  }
  return run;
}

EngineSpec engine_of(const Study& study, const MaterialRun& material, int removed) {
  const Crystal& crystal = material.supercell.crystal;
  const IpiSettings* ipi = ipi_of(study, material.entry);
  if (ipi == nullptr) {
    EngineSpec spec = material.forcefield->engine(crystal, removed);
    if (!study.lammps_library.empty()) use_library(spec, study.folder / study.lammps_library);
    return spec;
  }
  Configuration reference = to_configuration(crystal);
  if (removed >= 0) {
    Configuration cut = reference;
    cut.species.erase(cut.species.begin() + removed);
    cut.positions.resize(3, cut.size());
    cut.positions << reference.positions.leftCols(removed), reference.positions.rightCols(cut.size() - removed);
    reference = std::move(cut);
  }
  return ipi_engine(*ipi, reference, study.folder);
}

Mask mobile_atoms(const Study& study, const MaterialRun& material, const std::vector<int>& host_index) {
  const auto may_move = [&](int host_atom) {
    return study.mobile == Mobility::all ||
           !material.organic[static_cast<std::size_t>(material.supercell.parent[static_cast<std::size_t>(host_atom)])];
  };
  Mask mask;
  if (host_index.empty())
    for (int i = 0; i < material.supercell.crystal.size(); ++i) mask.push_back(may_move(i));
  for (const int atom : host_index) mask.push_back(may_move(atom));
  return mask;
}

Procedure<VacancyRun> run_vacancy(VacancyRun vacancy, Configuration host, int element, Mask mobile,
                                  RelaxOptions options) {
  auto relaxation = relax(vacancy.cell->configuration, mobile, options);
  vacancy.relaxed = co_await std::move(relaxation);
  vacancy.reason = occupancy_problem(host, vacancy.relaxed->configuration, element, vacancy.cell->removed);
  if (!vacancy.reason.empty()) {
    vacancy.ending = Ending::slipped;
  } else if (!vacancy.relaxed->converged) {
    vacancy.ending = Ending::not_converged;
    vacancy.reason = fmt::format("the vacancy's relaxation stopped at {:.3f} eV/A", vacancy.relaxed->fmax);
  } else {
    vacancy.ending = Ending::converged;
  }
  co_return vacancy;
}

Procedure<HopRun> run_hop(HopRun hop, Configuration host, VacancyRun from, HopEnd start, int vacated_site,
                          int element, Mask mobile, RelaxOptions relax_options, BarrierOptions barrier_options) {
  if (from.ending != Ending::converged) {
    hop.ending = from.ending;
    hop.reason = from.reason;
    co_return hop;
  }
  const std::optional<Contact> contact = closest_contact(start.configuration, start.ion);
  if (contact && contact->distance < least_contact) {
    hop.ending = Ending::slipped;
    hop.reason = fmt::format("the vacant site is not free: atoms {} and {} would be {:.2f} A apart", contact->i,
                             contact->j, contact->distance);
    co_return hop;
  }
  auto relaxation = relax(start.configuration, mobile, relax_options);
  const Relaxed end = co_await std::move(relaxation);
  hop.reason = occupancy_problem(host, end.configuration, element, vacated_site);
  if (!hop.reason.empty()) {
    hop.ending = Ending::slipped;
    co_return hop;
  }
  if (!end.converged) {
    hop.ending = Ending::not_converged;
    hop.reason = fmt::format("the far end's relaxation stopped at {:.3f} eV/A", end.fmax);
    co_return hop;
  }
  auto band = find_barrier(from.relaxed->configuration, end.configuration, mobile, barrier_options);
  hop.barrier = co_await std::move(band);
  hop.barrier->evaluations += end.evaluations;
  hop.barrier->evaluations_endpoints += end.evaluations;
  hop.reason = hop.barrier->reason;
  hop.ending = hop.barrier->converged ? Ending::converged : Ending::not_converged;
  if (hop.reason.find("collapsed") != std::string::npos) hop.ending = Ending::collapsed;
  co_return hop;
}

std::vector<HopEnergy> converged_energies(const MaterialRun& material) {
  std::vector<HopEnergy> out;
  for (const HopRun& hop : material.hops)
    if (hop.ending == Ending::converged && hop.barrier)
      out.push_back({hop.hop, hop.barrier->forward_ev, hop.barrier->reverse_ev});
  return out;
}

bool is_single_hop(const MaterialRun& material) { return material.hops.size() == 1 && material.table.hops.size() > 1; }

Transport transport_of(const MaterialRun& material) {
  Transport out;
  const std::vector<HopEnergy> energies = converged_energies(material);
  std::vector<std::string> missing;
  const BarrierResult* single = nullptr;
  for (const HopRun& hop : material.hops) {
    if (hop.ending == Ending::converged && hop.barrier) {
      const double height = std::max(hop.barrier->forward_ev, hop.barrier->reverse_ev);
      if (single == nullptr || height < std::max(single->forward_ev, single->reverse_ev)) {
        single = &*hop.barrier;
        out.deciding_hop = hop.hop;
      }
    } else {
      missing.push_back(material.table.hops[static_cast<std::size_t>(hop.hop)].id);
    }
  }
  if (energies.empty()) {
    out.note = "no hop converged: no barrier";
    return out;
  }
  const auto network = is_single_hop(material) ? std::nullopt : network_barrier(material.table, energies, 1);
  if (!network) {
    out.barrier_ev = std::max(single->forward_ev, single->reverse_ev);
    out.uncertainty_ev = single->uncertainty_ev;
    out.note = fmt::format("not percolating: {} converged hop class{} do not join into an endless path; this is the "
                           "easiest single hop, from its lower end",
                           energies.size(), energies.size() == 1 ? "" : "es");
    if (energies.size() == 1)
      out.note = "not percolating: a single hop, not a network; its saddle above its lower end";
  } else {
    out.percolating = true;
    out.dimension = network->dimension;
    out.barrier_ev = network->barrier_ev;
    out.deciding_hop = network->deciding_hop;
    for (const HopRun& hop : material.hops)
      if (hop.hop == network->deciding_hop && hop.barrier) out.uncertainty_ev = hop.barrier->uncertainty_ev;
    out.note = fmt::format("endless in {} dimension{}: highest saddle of the easiest path above the most stable vacancy "
                           "on it",
                           out.dimension, out.dimension == 1 ? "" : "s");
  }
  if (!missing.empty())
    out.note += fmt::format("; without hop class{} {} (see their reasons), which could lower it",
                            missing.size() == 1 ? "" : "es", text::join(missing, ", "));
  if (const std::size_t left = material.table.hops.size() - material.hops.size(); left > 0)
    out.note += fmt::format("; {} of {} hop classes were not run and could lower it", left, material.table.hops.size());
  return out;
}

}  // namespace hopflow
