// SPDX-License-Identifier: GPL-2.0-or-later
// The study file: what a run computes.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/refine/refine.hpp"
#include "potentials/named_engine.hpp"
#include "structures/cif/disorder/disorder.hpp"
#include "structures/core/yaml.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// The first path of a hop's band, in place of an interpolated one.
struct PathEntry {
  std::string hop;    ///< its id
  std::string file;   ///< see read_path()
  std::string place;  ///< where the study names it: "study.yaml:5:12"
};

/// One material of a study; file names are relative to the study file's folder.
struct MaterialEntry {
  std::string name;
  std::string structure;
  std::string forcefield;             ///< "" where an engine with a model of its own answers
  std::optional<NamedEngine> engine;  ///< of this material alone, before the study's
  std::string charge_set;             ///< "" for the table's default
  std::string block;                  ///< of a CIF with several structures, "" for the only one
  Disorder disorder{};                ///< how disorder of the structure is resolved
  bool require_experimental = false;  ///< a structure that says it is a model is refused
  std::vector<PathEntry> paths;  ///< of hops that don't start from an interpolated path, in the supercell of the study
  std::vector<std::string> reference_bands;  ///< files of barriers found before, see read_reference_band()
  std::vector<std::string> paper;            ///< ids of the reference rows this material's barrier is shown next to
};

/// An engine that looks at converged paths again. Without a model of its own it takes a force field, by default that
/// of the material.
struct RefineEntry {
  RefinePath path = RefinePath::keep;
  std::optional<NamedEngine> engine;  ///< none: a force field
  std::string forcefield, charge_set;
};

/// keep or converge, and back.
RefinePath read_refine_path(const yaml::Node& block);
std::string to_string(RefinePath path);

struct Study;

/// The engine block that answers for a material, nullptr where its force field does.
const NamedEngine* engine_named(const Study& study, const MaterialEntry& material);

/// Which atoms may move: the inorganic framework only, with it the molecules near a hop, or every atom.
enum class Mobility { inorganic, near, all };
std::string to_string(Mobility mobility);

/// A study, merged with the defaults. Every field is a key of the study file; see study_keys().
struct Study {
  std::string name;
  std::filesystem::path folder;  ///< what file names are relative to
  std::vector<MaterialEntry> materials;
  std::optional<NamedEngine> engine;      ///< of materials without one of their own; none: their force fields
  int ranks_per_image = 1;                ///< MPI ranks that answer for a force field together
  std::string engine_library;             ///< another build of its program than the system's, "" for that
  std::vector<RefineEntry> refine;        ///< each asked for every converged path, in this order
  std::optional<SymmetryOf> symmetry_of;  ///< none: of the frame where there are organic molecules
  double symprec = 0;                     ///< A; 0: as SymmetryChoice says
  bool relax_host = true;
  double perturb_host = 0;  ///< A; above 0 the host leaves its symmetric place and follows its soft modes down
  Mobility mobile = Mobility::inorganic;
  int orientations = 1;          ///< samples of a hop class, see hop_samples()
  bool sample_deciding = false;  ///< only of the hop that decides the network barrier; of the others one
  long seed = 1;
  double min_image_distance = 12;     ///< A
  double chain_distance = 0;          ///< A, of chains only; 0: not asked
  std::vector<int> supercell_matrix;  ///< 3 (diagonal) or 9 (rows: new vectors in old ones); empty: by the distances
  std::vector<double> series;         ///< further image distances in which the deciding hop is repeated (A)
  std::string element = "I";
  double max_length = 5.5;           ///< A
  std::string select = "network";    ///< all | shortest | network | ids
  std::vector<std::string> hop_ids;  ///< where select is ids
  BarrierOptions barrier;            ///< the `neb:` block, see barrier_keys()
  bool prefactor = false;            ///< attempt frequencies by harmonic theory
  double temperature_k = 300;
  std::string reference;  ///< file of the paper's rows, "" for none
  /// Files of curves measured on devices of `measured_material`, and of what all devices are like; "" for none.
  std::string device_sweep, device_pulses, device_retention, device_endurance, device_geometry;
  bool fit_device = true;
  std::string measured_material;  ///< whose devices the reference measured, "" for none of them
  std::string device_model = "threshold";
  double sweep_dwell_s = 0.02;
  std::optional<double> barrier_model_error_ev;  ///< of every engine; none: by force-field table, engine block, tier
  double attempt_frequency_thz = 1;
  double attempt_frequency_factor = 10;
  int crossbar_rows = 16, crossbar_columns = 16;
  double line_resistance_ohm = 1;
  std::string crossbar_cell;  ///< file of what is in series with each memristor, "" for nothing
  std::string snn_preset = "pair";
  double snn_write_probability = 1;  ///< share of write pulses that is sent
  int snn_neurons = 400, snn_train = 6000, snn_test = 1000, snn_seeds = 5;
  int snn_draws = 4;  ///< order of the Latin square that carries the barrier's error bar through; 0: none
};

/// The keys of `device:` and `crossbar:` that name files.
struct DeviceFile {
  std::string_view section, key;
  std::string Study::*name;
  bool curves;  ///< measured on devices of one material
};
inline constexpr std::array<DeviceFile, 7> device_files{{{"device", "reference", &Study::reference, false},
                                                         {"device", "sweep", &Study::device_sweep, true},
                                                         {"device", "pulses", &Study::device_pulses, true},
                                                         {"device", "retention", &Study::device_retention, true},
                                                         {"device", "endurance", &Study::device_endurance, true},
                                                         {"device", "geometry", &Study::device_geometry, false},
                                                         {"crossbar", "cell", &Study::crossbar_cell, false}}};

/// One key of the study file: the parser, the printed study and the documentation all come from these rows.
struct StudyKey {
  std::string path;      ///< "neb.fmax"
  std::string kind;      ///< number | integer | boolean | word | choice
  std::string fallback;  ///< default, as written
  double low = 0, high = 0;
  std::vector<std::string> choices;
  std::string help;  ///< with unit
};
const std::vector<StudyKey>& study_keys();

/// Reads and checks a study.
/// @throws Error{bad_input} with file:line:column
Study load_study(const std::filesystem::path& file);

/// The merged study as YAML, every key written out; load_study() reads it back to the same study.
std::string print_study(const Study& study);

/// The study with smaller cells, one hop per material and few digits: minutes become seconds, the code path stays.
Study quick_version(Study study);

/// Every file a study reads: study-relative name -> path on disk. Force fields bring the tables they extend.
std::map<std::string, std::filesystem::path> study_files(const Study& study);

}  // namespace hopflow
