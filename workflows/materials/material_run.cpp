// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/material_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "potentials/registry.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/study/given_path.hpp"

namespace hopflow {

namespace {

/// A molecule with an atom this near to a site of a hop is near the hop (A): the first shell of cations around both
/// ends.
constexpr double near_hop = 6;

std::vector<int> select_hops(const Study& study, const HopTable& table, const std::string& material) {
  std::vector<int> all;
  for (int i = 0; i < static_cast<int>(table.hops.size()); ++i) all.push_back(i);
  if (all.empty())
    throw Error{Error::Kind::bad_input, fmt::format("{}: no {} hop of at most {} A; raise hops.max_length", material,
                                                    study.element, study.max_length)};
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
    throw Error{Error::Kind::bad_input, fmt::format("{}: none of hops.select is a hop of this material; it has {}",
                                                    material, text::join(ids, ", "))};
  }
  return chosen;
}

/// Atoms of each guest molecule of the supercell: those of one molecule of the crystal in one copy of its cell.
std::vector<std::vector<int>> molecules_of_supercell(const MaterialRun& run) {
  std::map<int, std::size_t> molecule_of;  // by atom of the crystal
  for (std::size_t m = 0; m < run.molecules.size(); ++m)
    if (!run.molecules[m].framework)
      for (const int atom : run.molecules[m].atoms) molecule_of[atom] = m;
  std::map<std::array<int, 4>, std::vector<int>> found;
  for (int i = 0; i < run.supercell.crystal.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const auto molecule = molecule_of.find(run.supercell.parent[k]);
    if (molecule == molecule_of.end()) continue;
    const Eigen::Vector3i& copy = run.supercell.copy[k];
    found[{static_cast<int>(molecule->second), copy[0], copy[1], copy[2]}].push_back(i);
  }
  std::vector<std::vector<int>> out;
  for (auto& [which, atoms] : found) out.push_back(std::move(atoms));
  return out;
}

/// The one asked for, or one that keeps the symmetry by which hops were called equal: in another, one class would have
/// several barriers.
Supercell supercell_for(const Study& study, const MaterialRun& run) {
  if (!study.supercell_matrix.empty()) return make_supercell(run.crystal, matrix_of_rows(study.supercell_matrix));
  constexpr int most_atoms = 20000;
  std::vector<Eigen::Matrix3i> rotations;
  for (const Operation& operation : run.symmetry.operations) rotations.push_back(operation.rotation);
  return find_supercell(run.crystal, study.min_image_distance, study.chain_distance, most_atoms, rotations);
}

/// First paths that the study gives, for the representatives of their classes.
void take_paths(const Study& study, MaterialRun& run) {
  const Configuration host = to_configuration(run.supercell.crystal);
  for (const PathEntry& path : run.entry.paths) {
    const auto hop = std::ranges::find_if(
        run.hops, [&](const HopRun& h) { return run.table.hops[static_cast<std::size_t>(h.hop)].id == path.hop; });
    if (hop == run.hops.end()) {
      std::vector<std::string> ids;
      for (const HopRun& h : run.hops) ids.push_back(run.table.hops[static_cast<std::size_t>(h.hop)].id);
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: '{}' is not a selected hop of {}; selected are {}", path.place,
                              text::printable(path.hop), run.entry.name, text::join(ids, ", "))};
    }
    SampleRun& sample = hop->samples.front();
    const HopCell cell = make_hop(run.supercell, host, sample.sample.pair);
    sample.path_file = path.file;
    sample.path = read_path(study.folder / path.file, path.place, cell.before);
    check_ion(sample.path, path.place, cell.ion, cell.before.positions.col(cell.ion),
              cell.after.positions.col(cell.ion));
  }
}

}  // namespace

namespace {

/// The table of a prior engine that is a force field, and its charge set; the material's own where the block names
/// none.
std::pair<std::string, std::string> prior_table(const MaterialEntry& entry, const PriorChoice& prior) {
  if (!prior.forcefield.empty()) return {prior.forcefield, prior.charge_set};
  if (entry.forcefield.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: the prior engine is a force field and none is named; add 'forcefield' to the material "
                            "or to 'prior'",
                            entry.name)};
  return {entry.forcefield, prior.charge_set.empty() ? entry.charge_set : prior.charge_set};
}

std::string key_of(const std::pair<std::string, std::string>& table) { return table.first + "|" + table.second; }

void load_prior_tables(const Study& study, MaterialRun& run) {
  std::vector<const NamedEngine*> engines{engine_named(study, run.entry)};
  for (const RefineEntry& refine : study.refine) engines.push_back(refine.engine ? &*refine.engine : nullptr);
  for (const NamedEngine* engine : engines) {
    if (engine == nullptr || engine->prior.kind != PriorChoice::Kind::table) continue;
    const auto table = prior_table(run.entry, engine->prior);
    run.prior_tables.emplace(key_of(table), ForceField::load(study.folder / table.first, table.second));
  }
}

}  // namespace

void add_samples(MaterialRun& material, HopRun& hop, std::size_t count) {
  for (const HopSample& sample : std::span(hop.further).first(count)) {
    hop.samples.emplace_back().sample = sample;
    const auto [before, after] = joined_atoms(material.supercell, sample.pair);
    material.vacancies[{before, sample.start}].atom = sample.pair.from;
    material.vacancies[{after, sample.start}].atom = sample.pair.to;
  }
  hop.further.erase(hop.further.begin(), hop.further.begin() + static_cast<std::ptrdiff_t>(count));
}

MaterialRun plan_hops(const Study& study, const MaterialEntry& entry) {
  MaterialRun run;
  run.entry = entry;
  const auto structure = study.folder / entry.structure;
  run.structure_hash = hash128_hex(text::read_file(structure));
  run.crystal = read_structure(structure, {entry.disorder, entry.block});
  if (entry.require_experimental) refuse_model(run.crystal, structure.string());
  const std::vector<Bond> bonds = find_bonds(run.crystal);
  run.molecules = finite_molecules(run.crystal, bonds);
  run.crystal = with_whole_molecules(run.crystal, run.molecules);
  run.framework = find_framework(run.crystal);
  run.crystal_symmetry = find_symmetry(run.crystal, SymmetryOf::crystal, 0.01);
  run.symmetry = find_symmetry(run.crystal, SymmetryChoice{study.symmetry_of, study.symprec});
  run.table = find_hops(run.crystal, run.symmetry, *atomic_number(study.element), study.max_length);
  run.selected = select_hops(study, run.table, entry.name);
  return run;
}

MaterialRun plan_material(const Study& study, const MaterialEntry& entry) {
  MaterialRun run = plan_hops(study, entry);
  for (const std::string& band : entry.reference_bands)
    run.reference_bands.push_back(read_reference_band(study.folder / band, run.structure_hash));
  const int element = *atomic_number(study.element);
  run.supercell = supercell_for(study, run);
  run.cations = molecules_of_supercell(run);
  if (engine_named(study, entry) == nullptr)
    run.forcefield = ForceField::load(study.folder / entry.forcefield, entry.charge_set);
  for (const RefineEntry& refine : study.refine) {
    const std::string& table = refine.forcefield.empty() ? entry.forcefield : refine.forcefield;
    const std::string& set =
        refine.forcefield.empty() && refine.charge_set.empty() ? entry.charge_set : refine.charge_set;
    run.refine_forcefields.push_back(refine.engine ? std::nullopt
                                                   : std::optional{ForceField::load(study.folder / table, set)});
  }
  load_prior_tables(study, run);
  run.host_engine = engine_of(study, run);
  for (std::size_t k = 0; k < study.refine.size(); ++k)
    if (refine_engine_of(study, run, k, -1).hash() == run.host_engine.hash())
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: refinement {} names the engine that makes the path; name another, or take it out",
                              entry.name, k + 1)};
  const std::vector<std::vector<HopSample>> samples =
      hop_samples(run.crystal, run.crystal_symmetry, run.table, element, study.max_length, study.orientations,
                  static_cast<std::uint64_t>(study.seed), molecules_settle(study, run));
  for (const int hop : run.selected) {
    HopRun one;
    one.hop = hop;
    one.further = samples[static_cast<std::size_t>(hop)];
    add_samples(run, one, study.sample_deciding ? 1 : one.further.size());
    run.hops.push_back(std::move(one));
  }
  take_paths(study, run);
  return run;
}

namespace {

EngineSpec spec_of(const Study& study, const MaterialRun& material, const NamedEngine* named,
                   const ForceField* forcefield, int removed) {
  const Crystal& crystal = material.supercell.crystal;
  if (named == nullptr) {
    EngineSpec spec = forcefield->engine(crystal, removed);
    run_table(spec, study.engine_library.empty() ? std::filesystem::path{} : study.folder / study.engine_library,
              study.ranks_per_image);
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
  return engine_for(*named, reference, study.folder);
}

/// What helps this engine's searches, as its block says. @param path_engine  of the path it goes on from; taken where
/// the block says nothing
void give_prior(EngineSpec& spec, const Study& study, const MaterialRun& material, const NamedEngine& named,
                int removed, const EngineSpec* path_engine) {
  switch (named.prior.kind) {
    case PriorChoice::Kind::none: return;
    case PriorChoice::Kind::unstated:
      if (path_engine != nullptr) spec.prior = std::make_shared<const EngineSpec>(*path_engine);
      break;
    case PriorChoice::Kind::engine:
      spec.prior =
          std::make_shared<const EngineSpec>(spec_of(study, material, named.prior.engine.get(), nullptr, removed));
      break;
    case PriorChoice::Kind::table:
      spec.prior = std::make_shared<const EngineSpec>(
          spec_of(study, material, nullptr, &material.prior_tables.at(key_of(prior_table(material.entry, named.prior))),
                  removed));
      break;
  }
  spec.budget = named.budget;
  if (spec.prior && spec.prior->hash() == spec.hash())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: the prior engine is the engine itself; name a cheaper one", material.entry.name)};
}

}  // namespace

EngineSpec engine_of(const Study& study, const MaterialRun& material, int removed) {
  const NamedEngine* named = engine_named(study, material.entry);
  EngineSpec spec = spec_of(study, material, named, material.forcefield ? &*material.forcefield : nullptr, removed);
  if (named != nullptr) give_prior(spec, study, material, *named, removed, nullptr);
  return spec;
}

EngineSpec refine_engine_of(const Study& study, const MaterialRun& material, std::size_t refinement, int removed) {
  const auto& named = study.refine[refinement].engine;
  const auto& forcefield = material.refine_forcefields[refinement];
  EngineSpec spec = spec_of(study, material, named ? &*named : nullptr, forcefield ? &*forcefield : nullptr, removed);
  if (study.refine[refinement].path == RefinePath::keep) return spec;
  EngineSpec path_engine = engine_of(study, material, removed);
  path_engine.prior.reset();
  if (named) give_prior(spec, study, material, *named, removed, &path_engine);
  return spec;
}

std::vector<Mask> mobile_stages(const Study& study, const MaterialRun& material, const std::vector<int>& host_index,
                                const Configuration& host, const std::vector<int>& centres) {
  const auto atoms = static_cast<std::size_t>(material.supercell.crystal.size());
  std::vector<Mask> stages{Mask(atoms, true)};
  for (const std::vector<int>& molecule : material.cations)
    for (const int atom : molecule) stages[0][static_cast<std::size_t>(atom)] = false;
  if (study.mobile != Mobility::inorganic && !centres.empty()) {
    Mask with_near = stages[0];
    for (const std::vector<int>& molecule : material.cations) {
      bool near = false;
      for (const int centre : centres) {
        Eigen::Matrix3Xd apart(3, static_cast<Eigen::Index>(molecule.size()));
        for (std::size_t k = 0; k < molecule.size(); ++k)
          apart.col(static_cast<Eigen::Index>(k)) = host.positions.col(molecule[k]) - host.positions.col(centre);
        near = near || minimum_image(host.cell, apart, host.periodic).colwise().norm().minCoeff() < near_hop;
      }
      if (!near) continue;
      for (const int atom : molecule) with_near[static_cast<std::size_t>(atom)] = true;
    }
    if (with_near != stages.back()) stages.push_back(with_near);
  }
  if (study.mobile == Mobility::all && stages.back() != Mask(atoms, true)) stages.emplace_back(atoms, true);
  if (host_index.empty()) return stages;
  for (Mask& stage : stages) {
    Mask cut;
    for (const int atom : host_index) cut.push_back(stage[static_cast<std::size_t>(atom)]);
    stage = cut;
  }
  return stages;
}

std::string held_text(const Study& study, const MaterialRun& material) {
  const int atoms = material.supercell.crystal.size();
  std::map<std::string, int> kinds;
  const int copies = material.crystal.size() > 0 ? atoms / material.crystal.size() : 0;
  int held = 0;
  for (const Molecule& molecule : material.molecules) {
    if (molecule.framework) continue;
    kinds[molecule.name] += copies;
    held += copies * static_cast<int>(molecule.atoms.size());
  }
  if (held == 0 || study.mobile == Mobility::all) return fmt::format("all {} atoms are free", atoms);
  std::vector<std::string> names;
  for (const auto& [name, n] : kinds) names.push_back(fmt::format("{} {}", n, name));
  return fmt::format("{} atoms of {} are held{}, {} of {} are free", held, text::join(names, ", "),
                     study.mobile == Mobility::near ? " but near a hop" : "", atoms - held, atoms);
}

bool molecules_settle(const Study& study, const MaterialRun& material) {
  return study.mobile != Mobility::inorganic && !material.cations.empty();
}

std::vector<std::vector<int>> molecules_without(const MaterialRun& material, int removed) {
  std::vector<std::vector<int>> out = material.cations;
  for (std::vector<int>& molecule : out)
    for (int& atom : molecule) atom -= atom > removed ? 1 : 0;
  return out;
}

namespace {

/// A hop's barriers as a network of hops takes them over: those of the mean rate where there are several samples.
HopEnergy energy_of(const HopRun& hop) {
  return {hop.hop, hop.rate_forward ? hop.rate_forward->barrier_ev : hop.barrier->forward_ev,
          hop.rate_reverse ? hop.rate_reverse->barrier_ev : hop.barrier->reverse_ev};
}

bool has_barrier(const HopRun& hop) { return has_numbers(hop.ending) && hop.barrier; }

double from_lower_end(const HopEnergy& energy) { return std::max(energy.forward_ev, energy.reverse_ev); }

std::string classes(std::size_t count) { return fmt::format("{} hop class{}", count, count == 1 ? "" : "es"); }

}  // namespace

const HopRun* run_of(const MaterialRun& material, int hop) {
  const auto run = std::ranges::find(material.hops, hop, &HopRun::hop);
  return run == material.hops.end() ? nullptr : &*run;
}

std::vector<HopEnergy> converged_energies(const MaterialRun& material) {
  std::vector<HopEnergy> out;
  for (const HopRun& hop : material.hops)
    if (has_barrier(hop)) out.push_back(energy_of(hop));
  return out;
}

double hop_error(const HopRun& hop) {
  if (!hop.barrier) return 0;
  std::vector<UncertaintyPart> parts = hop.barrier->parts;
  for (UncertaintyPart& part : parts)
    if (hop.rate_forward && part.name == "sampling")
      part.value_ev = std::max(hop.rate_forward->error_ev, hop.rate_reverse->error_ev);
  return quadrature(parts);
}

bool is_single_hop(const MaterialRun& material) { return material.hops.size() == 1 && material.table.hops.size() > 1; }

Transport transport_of(const MaterialRun& material) {
  Transport out;
  const std::vector<HopEnergy> energies = converged_energies(material);
  std::vector<std::string> missing;
  for (const HopRun& hop : material.hops)
    if (!has_barrier(hop)) missing.push_back(material.table.hops[static_cast<std::size_t>(hop.hop)].id);
  if (energies.empty()) {
    out.note = "no hop converged: no barrier";
    return out;
  }
  const HopEnergy& easiest = *std::ranges::min_element(energies, {}, from_lower_end);
  out.easiest_hop = easiest.hop;
  const auto network = is_single_hop(material) ? std::nullopt : network_barrier(material.table, energies, 1);
  if (!network) {
    out.barrier_ev = from_lower_end(easiest);
    out.deciding_hop = easiest.hop;
    out.note = energies.size() == 1
                   ? "does not percolate: barrier of one hop, not of a network, from its more stable end"
                   : fmt::format(
                         "does not percolate: the {} that converged form no percolating path; the number is the lowest "
                         "single-hop barrier, from its more stable end",
                         classes(energies.size()));
  } else {
    out.percolating = true;
    out.dimension = network->dimension;
    out.barrier_ev = network->barrier_ev;
    out.deciding_hop = network->deciding_hop;
    out.note = fmt::format(
        "percolates in {} dimension{}: highest saddle on the lowest-barrier percolating path, relative to the most "
        "stable vacancy site on that path",
        out.dimension, out.dimension == 1 ? "" : "s");
  }
  const HopRun& deciding = *run_of(material, out.deciding_hop);
  out.uncertainty_ev = hop_error(deciding);
  out.numerical_uncertainty_ev = numerical_error(deciding.barrier->parts);
  if (!missing.empty())
    out.note += fmt::format("; no barrier for {} (see the reasons given there), which could lower it",
                            text::join(missing, ", "));
  if (const std::size_t left = material.table.hops.size() - material.hops.size(); left > 0)
    out.note += fmt::format("; {} of {} were not run and could lower it", left, classes(material.table.hops.size()));
  return out;
}

AttemptFrequency attempt_frequency(const Study& study, const MaterialRun& material, int hop) {
  for (const HopRun& run : material.hops)
    if (run.hop == hop && run.barrier && run.prefactor && run.prefactor->forward_thz)
      return {run.barrier->forward_ev >= run.barrier->reverse_ev ? *run.prefactor->forward_thz
                                                                 : *run.prefactor->reverse_thz,
              std::exp(run.prefactor->ln_uncertainty), true};
  return {study.attempt_frequency_thz, study.attempt_frequency_factor, false};
}

}  // namespace hopflow
