// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/study/study.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/core.h>
#include <fmt/format.h>

#include "neb/barrier_keys.hpp"
#include "potentials/registry.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow {

namespace {

std::string on_off(bool value) { return value ? "true" : "false"; }

Mobility mobility_from(std::string_view word) {
  return word == "all" ? Mobility::all : word == "near" ? Mobility::near : Mobility::inorganic;
}

/// A key's row and its place in the struct, so that no key is named twice.
struct Row {
  StudyKey key;
  std::function<void(Study&, const yaml::Node&)> take;
  std::function<std::string(const Study&)> give;
};

Row number(std::string path, double Study::*field, double low, double high, std::string help) {
  return {{path, "number", text::shortest(Study{}.*field), low, high, {}, std::move(help)},
          [field, low, high](Study& study, const yaml::Node& node) { study.*field = node.number(low, high); },
          [field](const Study& study) { return text::shortest(study.*field); }};
}

template <class Integer>
Row integer(std::string path, Integer Study::*field, long low, long high, std::string help) {
  return {{path, "integer", std::to_string(Study{}.*field), double(low), double(high), {}, std::move(help)},
          [field, low, high](Study& study, const yaml::Node& node) {
            study.*field = static_cast<Integer>(node.integer(low, high));
          },
          [field](const Study& study) { return std::to_string(study.*field); }};
}

Row boolean(std::string path, bool Study::*field, std::string help) {
  return {{path, "boolean", on_off(Study{}.*field), 0, 0, {"true", "false"}, std::move(help)},
          [field](Study& study, const yaml::Node& node) { study.*field = node.boolean(); },
          [field](const Study& study) { return on_off(study.*field); }};
}

Row file_name(std::string path, std::string Study::*field, std::string help) {
  return {{std::move(path), "word", "", 0, 0, {}, std::move(help) + "; \"\" for none"},
          [field](Study& s, const yaml::Node& node) { s.*field = node.is_null() ? "" : node.text(); },
          [field](const Study& s) { return (s.*field).empty() ? std::string{"\"\""} : yaml::quoted(s.*field); }};
}

Row choice(std::string path, std::vector<std::string> choices, std::string help,
           std::function<void(Study&, const std::string&)> take, std::function<std::string(const Study&)> give) {
  return {{path, "choice", give(Study{}), 0, 0, choices, std::move(help)},
          [choices, take](Study& study, const yaml::Node& node) {
            const std::string value = node.text();
            if (std::find(choices.begin(), choices.end(), value) == choices.end())
              node.fail(fmt::format("'{}' is not known here; allowed are {}", text::printable(value),
                                    text::join(choices, ", ")));
            take(study, value);
          },
          give};
}

/// Three integers or nine, of a cell that is right-handed as the crystal's is.
std::vector<int> supercell_matrix(const yaml::Node& node) {
  std::vector<int> numbers;
  for (const yaml::Node& item : node.items()) {
    if (item.is_list()) item.fail("the nine integers stand in one list, row after row: [1, 1, 0, -1, 1, 0, 0, 0, 1]");
    numbers.push_back(static_cast<int>(item.integer(-1000, 1000)));
  }
  if (numbers.empty()) return numbers;
  if (numbers.size() != 3 && numbers.size() != 9)
    node.fail(
        fmt::format("{} numbers; a supercell takes three integers (the diagonal), such as [2, 2, 1], or nine "
                    "(rows: new vectors in old ones)",
                    numbers.size()));
  const double volume = matrix_of_rows(numbers).cast<double>().determinant();
  if (volume < 0.5)
    node.fail(fmt::format("determinant {:.0f}, it must be positive; {}", volume,
                          volume > -0.5 ? "the vectors lie in one plane" : "exchange two of the vectors"));
  return numbers;
}

std::vector<Row> crystal_rows() {
  return {
      choice(
          "symmetry.of", {"auto", "frame", "crystal"},
          "atoms whose symmetry decides which hops are distinct: the inorganic frame or all atoms; auto: the frame if "
          "there are organic molecules",
          [](Study& s, const std::string& v) {
            if (v != "auto") s.symmetry_of = v == "frame" ? SymmetryOf::frame : SymmetryOf::crystal;
          },
          [](const Study& s) { return s.symmetry_of ? to_string(*s.symmetry_of) : "auto"; }),
      number("symmetry.symprec", &Study::symprec, 0, 1.5,
             "tolerance of the symmetry search (A); 0: 0.5 of the frame, 0.01 of every atom"),
      choice(
          "host.relax", {"none", "positions"}, "what relaxes before a vacancy is cut; the cell stays as read",
          [](Study& s, const std::string& v) { s.relax_host = v == "positions"; },
          [](const Study& s) { return std::string{s.relax_host ? "positions" : "none"}; }),
      number("host.perturb", &Study::perturb_host, 0, 0.5,
             "standard deviation of random displacements of the host's free atoms before relaxation (A); above 0, "
             "negative modes are then followed until a minimum is reached: for crystals whose symmetric cell is not a "
             "minimum, such as cubic perovskites"),
      choice(
          "mobile", {"inorganic", "near", "all"},
          "which atoms may move: the inorganic ones, also the molecules near a hop, or all; freed in this order",
          [](Study& s, const std::string& v) { s.mobile = mobility_from(v); },
          [](const Study& s) { return to_string(s.mobile); }),
      integer("orientations", &Study::orientations, 1, 1000,
              "number of samples per hop class: hops that differ only in the cations around them, then, if cations are "
              "free, starts with rotated cations; above 1 the barrier is the mean"),
      choice(
          "sampled_hops", {"all", "deciding"},
          "hop classes with that many samples: all, or only the one that decides the network barrier, then the one "
          "that decides with its samples, until that one is sampled; the others have one sample",
          [](Study& s, const std::string& v) { s.sample_deciding = v == "deciding"; },
          [](const Study& s) { return std::string{s.sample_deciding ? "deciding" : "all"}; }),
      integer("seed", &Study::seed, 0, 2147483647, "seed of every random stream"),
      number("supercell.min_image_distance", &Study::min_image_distance, 3, 60,
             "shortest distance of the vacancy to its own image (A)"),
      number("supercell.chain_distance", &Study::chain_distance, 0, 200,
             "in crystals of chains, the same along the chain (A); 0 asks for nothing"),
      {{"supercell.matrix",
        "list",
        "[]",
        -1000,
        1000,
        {},
        "the supercell itself, in place of distances: three integers (the diagonal) or nine (rows: new vectors in old "
        "ones); [] for the smallest that keeps those distances"},
       [](Study& s, const yaml::Node& node) { s.supercell_matrix = supercell_matrix(node); },
       [](const Study& s) { return fmt::format("[{}]", fmt::join(s.supercell_matrix, ", ")); }},
      {{"supercell.series",
        "list",
        "[]",
        3,
        60,
        {},
        "further image distances (A): the deciding hop is repeated in such cells, and the change on extrapolation to "
        "infinite cell size enters its error bar"},
       [](Study& s, const yaml::Node& node) {
         s.series.clear();
         for (const yaml::Node& distance : node.items()) s.series.push_back(distance.number(3, 60));
       },
       [](const Study& s) {
         std::vector<std::string> words;
         for (const double distance : s.series) words.push_back(text::shortest(distance));
         return "[" + text::join(words, ", ") + "]";
       }},
      {{"vacancy.element", "word", "I", 0, 0, {}, "the mobile element"},
       [](Study& s, const yaml::Node& node) {
         s.element = node.text();
         if (!atomic_number(s.element))
           node.fail(fmt::format("'{}' is not an element symbol; write one such as I", text::printable(s.element)));
       },
       [](const Study& s) { return s.element; }},
      number("hops.max_length", &Study::max_length, 1, 15, "longest hop considered (A)"),
      {{"hops.select",
        "choice",
        "network",
        0,
        0,
        {"all", "shortest", "network"},
        "hops that are run: all, the shortest, what percolation needs, or a list of hop ids"},
       [](Study& s, const yaml::Node& node) {
         if (node.is_list()) {
           s.select = "ids";
           for (const yaml::Node& id : node.items()) s.hop_ids.push_back(id.text());
           if (s.hop_ids.empty()) node.fail("the list of hop ids is empty; name one, or write network");
         } else {
           s.select = node.one_of({"all", "shortest", "network"});
         }
       },
       [](const Study& s) { return s.select == "ids" ? fmt::format("[{}]", text::join(s.hop_ids, ", ")) : s.select; }},
  };
}

/// The rows of the `neb:` block, from the table that cases use as well.
std::vector<Row> barrier_rows() {
  std::vector<Row> out;
  for (const BarrierKey& key : barrier_keys())
    out.push_back({{"neb." + key.name, key.kind, key.give(Study{}.barrier), key.low, key.high, key.choices, key.help},
                   [&key](Study& s, const yaml::Node& node) { key.take(s.barrier, node); },
                   [&key](const Study& s) { return key.give(s.barrier); }});
  return out;
}

std::vector<Row> device_rows() {
  return {
      boolean("prefactor", &Study::prefactor,
              "whether attempt frequencies are computed by harmonic theory; they replace device.attempt_frequency"),
      number("temperature", &Study::temperature_k, 1, 2000, "temperature of rates and devices (K)"),
      file_name("device.reference", &Study::reference, "file of published reference rows"),
      file_name("device.sweep", &Study::device_sweep,
                "CSV of sweeps measured on devices of device.measured: voltage, current (time, cycle, device), units "
                "in the header"),
      file_name("device.pulses", &Study::device_pulses,
                "CSV of their conductance after each pulse: conductance, voltage (width), or two columns up, down"),
      file_name("device.retention", &Study::device_retention,
                "CSV of their conductance over time (temperature), or of temperature and retention time"),
      file_name("device.endurance", &Study::device_endurance,
                "CSV of their cycles and on/off ratio, or of cycles, on and off with their unit (device)"),
      file_name("device.geometry", &Study::device_geometry,
                "YAML file of what all devices are like: film_thickness_nm, compliance_a, series_resistance_ohm, ..."),
      boolean("device.fit", &Study::fit_device, "whether the device model is calibrated to the reference rows"),
      {{"device.measured",
        "word",
        "",
        0,
        0,
        {},
        "material whose devices the reference's switching and retention rows were "
        "measured on: thresholds fitted with its barrier serve every material; \"\" for none"},
       [](Study& s, const yaml::Node& node) { s.measured_material = node.is_null() ? "" : node.text(); },
       [](const Study& s) { return "\"" + s.measured_material + "\""; }},
      choice(
          "device.model", pipeline::model_names(), "compact model; see hopflow device fit --help",
          [](Study& s, const std::string& v) { s.device_model = v; }, [](const Study& s) { return s.device_model; }),
      number("device.dwell", &Study::sweep_dwell_s, 1e-9, 1e4,
             "how long each step of a sweep is held (s); not published, varied in the report"),
      {{"device.barrier_model_error",
        "number",
        "tier",
        0,
        2,
        {"tier"},
        "the engine's own error of a barrier, part of every error bar (eV); tier: what the force-field table or the "
        "engine block states, else what is known of the engine's tier"},
       [](Study& s, const yaml::Node& node) {
         s.barrier_model_error_ev.reset();
         if (node.text() != "tier") s.barrier_model_error_ev = node.number(0, 2);
       },
       [](const Study& s) {
         return s.barrier_model_error_ev ? text::shortest(*s.barrier_model_error_ev) : std::string{"tier"};
       }},
      number("device.attempt_frequency", &Study::attempt_frequency_thz, 1e-3, 1e3,
             "attempt frequency where none is computed (THz)"),
      number("device.attempt_frequency_factor", &Study::attempt_frequency_factor, 1, 1e4,
             "factor up and down within which it may lie"),
  };
}

std::vector<Row> network_rows() {
  return {
      integer("crossbar.rows", &Study::crossbar_rows, 1, 128, "word lines"),
      integer("crossbar.columns", &Study::crossbar_columns, 1, 128, "bit lines"),
      number("crossbar.line_resistance", &Study::line_resistance_ohm, 0, 1e6, "resistance of one line segment (ohm)"),
      {{"crossbar.cell",
        "word",
        "1R",
        0,
        0,
        {},
        "1R (the memristor alone), or a YAML file of what is in series with each: cell: 1S1R (selector), 1T1R "
        "(transistor) or 1D1R (diode) and its numbers, as in inputs/cells"},
       [](Study& s, const yaml::Node& node) {
         s.crossbar_cell = node.is_null() || node.text() == "1R" ? "" : node.text();
       },
       [](const Study& s) { return s.crossbar_cell.empty() ? std::string{"1R"} : yaml::quoted(s.crossbar_cell); }},
      choice(
          "snn.preset", {"dc2015", "pair", "post-only"}, "learning rule of the network",
          [](Study& s, const std::string& v) { s.snn_preset = v; }, [](const Study& s) { return s.snn_preset; }),
      number("snn.write_probability", &Study::snn_write_probability, 1e-4, 1,
             "share of write pulses sent to device synapses; 1: every pulse"),
      integer("snn.neurons", &Study::snn_neurons, 1, 6400, "excitatory neurons"),
      integer("snn.train", &Study::snn_train, 1, 60000, "training images"),
      integer("snn.test", &Study::snn_test, 1, 10000, "test images"),
      integer("snn.seeds", &Study::snn_seeds, 0, 100,
              "independent trainings; 0 leaves the network out, as does a study without snn keys"),
      integer("snn.draws", &Study::snn_draws, 0, 20,
              "barriers drawn within their error bar; as many seeds and arrays of unequal cells for each, in a Latin "
              "square of "
              "draws x draws trainings; below 3: none"),
  };
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    std::vector<Row> all;
    for (auto section : {crystal_rows(), barrier_rows(), device_rows(), network_rows()})
      std::ranges::move(section, std::back_inserter(all));
    return all;
  }();
  return table;
}

RefineEntry read_refinement(const yaml::Node& block, const std::filesystem::path& folder) {
  if (!block.is_map()) block.fail("a refinement is an engine block with 'path: keep' or 'path: converge'");
  RefineEntry entry;
  entry.path = read_refine_path(block);
  const yaml::Node engine = block.without("path");
  static_cast<void>(engine.at("kind"));
  if (!answers_tables(engine)) {
    entry.engine = named_engine(engine, folder);
    return entry;
  }
  engine.allow_keys({"kind", "forcefield", "charge_set"});
  if (const yaml::Node* file = engine.find("forcefield")) {
    entry.forcefield = file->text();
    if (!std::filesystem::exists(folder / entry.forcefield))
      file->fail(fmt::format("{}: no such file", text::printable(entry.forcefield)));
  }
  if (const yaml::Node* set = engine.find("charge_set")) entry.charge_set = set->text();
  return entry;
}

/// none, one engine block, or a list of them.
std::vector<RefineEntry> read_refine(const yaml::Node& node, const std::filesystem::path& folder) {
  std::vector<RefineEntry> entries;
  if (node.is_scalar()) {
    node.one_of({"none"});
  } else if (node.is_list()) {
    for (const yaml::Node& block : node.items()) entries.push_back(read_refinement(block, folder));
  } else {
    entries.push_back(read_refinement(node, folder));
  }
  return entries;
}

MaterialEntry read_material(const yaml::Node& node, const std::filesystem::path& folder) {
  node.allow_keys({"name", "structure", "forcefield", "engine", "charge_set", "block", "disorder",
                   "require_experimental", "paths", "reference_bands", "paper"});
  MaterialEntry material;
  material.name = node.at("name").text();
  if (material.name != text::slug(material.name))
    node.at("name").fail(fmt::format("'{}' cannot name a folder; use up to 40 letters, digits, '-', '_', '.'",
                                     text::printable(material.name)));
  material.structure = node.at("structure").text();
  if (const yaml::Node* engine = node.find("engine")) {
    if (answers_tables(*engine))
      engine->fail(
          "an engine of one material must define its own model, as {kind: ipi, command: ...} does; to use the force "
          "field, leave 'engine' out");
    material.engine = named_engine(*engine, folder);
  }
  if (const yaml::Node* forcefield = node.find("forcefield")) material.forcefield = forcefield->text();
  if (const yaml::Node* set = node.find("charge_set")) material.charge_set = set->text();
  if (const yaml::Node* block = node.find("block")) material.block = block->text();
  if (const yaml::Node* words = node.find("disorder")) {
    const auto disorder = parse_disorder(words->text());
    if (!disorder)
      words->fail(fmt::format("disorder '{}': expected {}", text::printable(words->text()), disorder_words));
    material.disorder = *disorder;
  }
  if (const yaml::Node* flag = node.find("require_experimental")) material.require_experimental = flag->boolean();
  if (const yaml::Node* paths = node.find("paths"))
    for (const auto& [hop, file] : paths->entries()) {
      if (!std::filesystem::exists(folder / file.text()))
        file.fail(fmt::format("{}: no such file", text::printable(file.text())));
      material.paths.push_back({hop, file.text(), file.place()});
    }
  if (const yaml::Node* bands = node.find("reference_bands"))
    for (const yaml::Node& file : bands->items()) {
      if (!std::filesystem::exists(folder / file.text()))
        file.fail(fmt::format("{}: no such file", text::printable(file.text())));
      material.reference_bands.push_back(file.text());
    }
  if (const yaml::Node* paper = node.find("paper"))
    for (const yaml::Node& id : paper->items()) material.paper.push_back(id.text());
  return material;
}

/// Walks the keys of the file against the rows; `prefix` ends in '.' below the top.
void take_keys(Study& study, const yaml::Node& node, const std::string& prefix) {
  for (const auto& [key, value] : node.entries()) {
    const std::string path = prefix + key;
    if (prefix.empty() && (key == "study" || key == "materials" || key == "engine" || key == "refine")) continue;
    const auto row = std::find_if(rows().begin(), rows().end(), [&](const Row& r) { return r.key.path == path; });
    if (row != rows().end()) {
      row->take(study, value);
      continue;
    }
    std::set<std::string> siblings;
    bool is_section = false;
    for (const Row& r : rows()) {
      if (r.key.path.starts_with(path + ".")) is_section = true;
      if (r.key.path.starts_with(prefix)) {
        const std::string rest = r.key.path.substr(prefix.size());
        siblings.insert(rest.substr(0, rest.find('.')));
      }
    }
    if (prefix.empty()) siblings.insert({"study", "materials", "engine", "refine"});
    if (is_section) {
      if (!value.is_map()) value.fail(fmt::format("'{}' takes keys and values", key));
      take_keys(study, value, path + ".");
      continue;
    }
    const std::vector<std::string> names{siblings.begin(), siblings.end()};
    const auto near = text::nearest(key, names);
    value.fail(near ? fmt::format("unknown key '{}'; did you mean '{}'?", text::printable(key), *near)
                    : fmt::format("unknown key '{}'; allowed are {}", text::printable(key), text::join(names, ", ")));
  }
}

/// A matrix says what the distances would find. Defaults stand in printed studies and are no wish.
void check_supercell(const Study& study, const yaml::Node& root) {
  if (study.supercell_matrix.empty()) return;
  const auto refuse = [&](const char* key) {
    root.at("supercell")
        .at(key)
        .fail(fmt::format("'matrix' already defines the supercell, so '{}' would have no effect; leave one out", key));
  };
  if (study.min_image_distance != Study().min_image_distance) refuse("min_image_distance");
  if (study.chain_distance != Study().chain_distance) refuse("chain_distance");
}

void check_fixed_blocks(const yaml::Node& root) {
  if (const yaml::Node* engine = root.find("engine"); engine != nullptr && answers_tables(*engine)) {
    engine->allow_keys({"kind", "ranks_per_image", "library"});
  }
}

std::string print_refinement(const RefineEntry& entry) {
  std::string engine = "{kind: " + table_engine();
  if (!entry.forcefield.empty()) engine += fmt::format(", forcefield: {}", yaml::quoted(entry.forcefield));
  if (!entry.charge_set.empty()) engine += fmt::format(", charge_set: {}", entry.charge_set);
  engine = entry.engine ? entry.engine->text : engine + "}";
  engine.pop_back();
  return fmt::format("{}, path: {}}}", engine, to_string(entry.path));
}

/// What answers for materials without an engine of their own.
void read_engine(Study& study, const yaml::Node& engine) {
  if (!answers_tables(engine)) {
    study.engine = named_engine(engine, study.folder);
    return;
  }
  if (const yaml::Node* ranks = engine.find("ranks_per_image"))
    study.ranks_per_image = static_cast<int>(ranks->integer(1, 1024));
  const yaml::Node* library = engine.find("library");
  if (library == nullptr) return;
  study.engine_library = library->text();
  if (!std::filesystem::exists(study.folder / study.engine_library))
    library->fail(fmt::format("{}: no such file", text::printable(study.engine_library)));
}

/// Whether everything that a material needs is named and there.
void check_material(const Study& study, const MaterialEntry& material, const yaml::Node& node) {
  if (engine_named(study, material) == nullptr && node.find("forcefield") == nullptr)
    node.fail(fmt::format(
        "'{}' has no forcefield and no engine; name one of them. A study with what fits is written by: hopflow new "
        "{}",
        material.name, text::printable((study.folder / material.structure).string())));
  for (const RefineEntry& refine : study.refine)
    if (!refine.engine && refine.forcefield.empty() && material.forcefield.empty())
      node.fail(fmt::format(
          "'refine' uses a force field, but '{}' has none; add 'forcefield' here or to the refinement", material.name));
  for (const char* key : {"structure", "forcefield"})
    if (node.find(key) != nullptr && !std::filesystem::exists(study.folder / node.at(key).text()))
      node.at(key).fail(fmt::format("{}: no such file (looked in {})", text::printable(node.at(key).text()),
                                    study.folder.empty() ? "." : study.folder.string()));
}

/// The files of `device:` and `crossbar:` are there, and curves are of one of the materials: of the only one where none
/// is named.
void check_device_files(Study& study, const yaml::Node& root) {
  for (const DeviceFile& file : device_files)
    if (const std::string& name = study.*file.name; !name.empty() && !std::filesystem::exists(study.folder / name))
      root.at(std::string{file.section})
          .at(std::string{file.key})
          .fail(fmt::format("{}: no such file", text::printable(name)));
  if (const long cells = static_cast<long>(study.crossbar_rows) * study.crossbar_columns;
      !study.crossbar_cell.empty() && cells > pipeline::most_series_cells)
    root.at("crossbar")
        .at("cell")
        .fail(fmt::format("{} x {} cells with something in series; at most {} are read and written, choose fewer "
                          "crossbar.rows and crossbar.columns",
                          study.crossbar_rows, study.crossbar_columns, pipeline::most_series_cells));
  for (const DeviceFile& file : device_files) {
    if (!file.curves || (study.*file.name).empty() || !study.measured_material.empty()) continue;
    if (study.materials.size() == 1)
      study.measured_material = study.materials.front().name;
    else
      root.at(std::string{file.section})
          .at(std::string{file.key})
          .fail(
              "curves of one material's devices, but device.measured names none of the materials; add 'measured: "
              "NAME'");
  }
}

}  // namespace

std::string to_string(Mobility mobility) {
  return mobility == Mobility::all ? "all" : mobility == Mobility::near ? "near" : "inorganic";
}

const std::vector<StudyKey>& study_keys() {
  static const std::vector<StudyKey> keys = [] {
    std::vector<StudyKey> out;
    for (const Row& row : rows()) out.push_back(row.key);
    return out;
  }();
  return keys;
}

Study load_study(const std::filesystem::path& file) {
  for (const char* ending : {".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".lmp", ".data"})
    if (text::lower(file.extension().string()) == ending)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{0}: a structure, not a study; 'hopflow new {0}' writes a study of it",
                              text::printable(file.string()))};
  const yaml::Node root = yaml::load(file);
  if (!root.is_map()) root.fail("a study begins with 'study: NAME' and 'materials: [...]'");
  if (const yaml::Node* engine = root.find("engine"); engine != nullptr && engine->is_scalar())
    engine->fail(
        "an engine is keys and values, such as 'engine: {kind: lammps}' or 'engine: {kind: ipi, command: ...}'");
  Study study;
  study.folder = file.parent_path();
  study.name = root.at("study").text();
  if (study.name != text::slug(study.name))
    root.at("study").fail(fmt::format("'{}' cannot name a folder; use up to 40 letters, digits, '-', '_', '.'",
                                      text::printable(study.name)));
  take_keys(study, root, "");
  check_fixed_blocks(root);
  check_supercell(study, root);
  if (const yaml::Node* neb = root.find("neb")) check_barrier_keys(study.barrier, *neb);
  if (root.find("snn") == nullptr) study.snn_seeds = 0;  // who asks for barriers needs no images of digits
  if (study.perturb_host > 0 && !study.relax_host)
    root.at("host").at("perturb").fail(
        "moves the atoms before they relax, and 'relax: none' holds them; leave one out");
  std::set<std::string> names;
  if (const yaml::Node* engine = root.find("engine")) read_engine(study, *engine);
  if (const yaml::Node* refine = root.find("refine")) study.refine = read_refine(*refine, study.folder);
  for (const yaml::Node& node : root.at("materials").items()) {
    const MaterialEntry& material = study.materials.emplace_back(read_material(node, study.folder));
    check_material(study, material, node);
    if (!names.insert(material.name).second)
      node.at("name").fail(fmt::format("two materials are called '{}'; rename one", material.name));
  }
  if (!study.measured_material.empty() && !names.contains(study.measured_material))
    root.at("device")
        .at("measured")
        .fail(fmt::format("'{}' is not a material of this study; name one of its materials",
                          text::printable(study.measured_material)));
  if (study.materials.empty()) root.at("materials").fail("the list is empty; add a material");
  check_device_files(study, root);
  return study;
}

std::string print_study(const Study& study) {
  std::string out = fmt::format("study: {}\nmaterials:\n", study.name);
  for (const MaterialEntry& m : study.materials) {
    out += fmt::format("  - name: {}\n    structure: {}\n", m.name, yaml::quoted(m.structure));
    if (!m.forcefield.empty()) out += fmt::format("    forcefield: {}\n", yaml::quoted(m.forcefield));
    if (m.engine) out += fmt::format("    engine: {}\n", m.engine->text);
    if (!m.charge_set.empty()) out += fmt::format("    charge_set: {}\n", yaml::quoted(m.charge_set));
    if (!m.block.empty()) out += fmt::format("    block: {}\n", yaml::quoted(m.block));
    if (m.disorder.mode != Disorder::Mode::ordered) out += fmt::format("    disorder: {}\n", disorder_text(m.disorder));
    if (m.require_experimental) out += "    require_experimental: true\n";
    if (!m.paths.empty()) out += "    paths:\n";
    for (const PathEntry& path : m.paths)
      out += fmt::format("      {}: {}\n", yaml::quoted(path.hop), yaml::quoted(path.file));
    if (!m.reference_bands.empty()) out += "    reference_bands:\n";
    for (const std::string& band : m.reference_bands) out += fmt::format("      - {}\n", yaml::quoted(band));
    if (!m.paper.empty()) out += fmt::format("    paper: [{}]\n", text::join(m.paper, ", "));
  }
  std::string section;
  for (const Row& row : rows()) {
    const auto dot = row.key.path.find('.');
    if (dot == std::string::npos) {
      section.clear();
      out += fmt::format("{}: {}\n", row.key.path, row.give(study));
      continue;
    }
    if (row.key.path.substr(0, dot) != section) {
      section = row.key.path.substr(0, dot);
      out += section + ":\n";
    }
    out += fmt::format("  {}: {}\n", row.key.path.substr(dot + 1), row.give(study));
  }
  if (study.engine) {
    out += fmt::format("engine: {}\n", study.engine->text);
  } else {
    out += fmt::format("engine:\n  kind: {}\n  ranks_per_image: {}\n", table_engine(), study.ranks_per_image);
    if (!study.engine_library.empty()) out += fmt::format("  library: {}\n", yaml::quoted(study.engine_library));
  }
  out += study.refine.empty() ? "refine: none\n" : "refine:\n";
  for (const RefineEntry& entry : study.refine) out += fmt::format("  - {}\n", print_refinement(entry));
  return out;
}

RefinePath read_refine_path(const yaml::Node& block) {
  const yaml::Node* path = block.find("path");
  return path != nullptr && path->one_of({"keep", "converge"}) == "converge" ? RefinePath::converge : RefinePath::keep;
}

std::string to_string(RefinePath path) { return path == RefinePath::keep ? "keep" : "converge"; }

const NamedEngine* engine_named(const Study& study, const MaterialEntry& material) {
  const auto& engine = material.engine ? material.engine : study.engine;
  return engine ? &*engine : nullptr;
}

Study quick_version(Study study) {
  study.min_image_distance = std::min(study.min_image_distance, 8.0);
  study.mobile = Mobility::inorganic;  // in so small cells every cation is near a hop, and none has room
  if (study.select != "ids") study.select = "shortest";
  study.orientations = std::min(study.orientations, 2);
  study.series.clear();
  for (MaterialEntry& material : study.materials) material.paths.clear();  // they belong to the larger cells
  study.snn_neurons = std::min(study.snn_neurons, 100);
  study.snn_train = std::min(study.snn_train, 1000);
  study.snn_test = std::min(study.snn_test, 500);
  study.snn_seeds = std::min(study.snn_seeds, 1);
  study.snn_draws = 0;
  return study;
}

namespace {

/// A force-field table and those it extends.
void add_tables(std::map<std::string, std::filesystem::path>& files, const Study& study, const std::string& first) {
  std::filesystem::path name = first;
  for (int depth = 0; depth < 8 && !name.empty(); ++depth) {
    files[name.lexically_normal().string()] = study.folder / name;
    if (depth == 0) files[first] = study.folder / name;
    const yaml::Node table = yaml::load(study.folder / name);
    const yaml::Node* parent = table.is_map() ? table.find("extends") : nullptr;
    name = parent != nullptr ? name.parent_path() / parent->text() : std::filesystem::path{};
  }
}

/// What a block names, and the table of its prior.
void add_engine(std::map<std::string, std::filesystem::path>& files, const Study& study, const NamedEngine* engine) {
  if (engine == nullptr) return;
  for (const std::string& name : files_of(*engine, study.folder)) files[name] = study.folder / name;
  add_tables(files, study, engine->prior.forcefield);
}

}  // namespace

std::map<std::string, std::filesystem::path> study_files(const Study& study) {
  std::map<std::string, std::filesystem::path> files;
  for (const MaterialEntry& material : study.materials) {
    files[material.structure] = study.folder / material.structure;
    for (const PathEntry& path : material.paths) files[path.file] = study.folder / path.file;
    for (const std::string& band : material.reference_bands) {
      files[band] = study.folder / band;
      const yaml::Node root = yaml::load(study.folder / band);
      const std::filesystem::path frames = std::filesystem::path{band}.parent_path() / root.at("frames").text();
      files[frames.string()] = study.folder / frames;
    }
    add_engine(files, study, engine_named(study, material));
    add_tables(files, study, material.forcefield);
  }
  for (const RefineEntry& refine : study.refine) {
    add_engine(files, study, refine.engine ? &*refine.engine : nullptr);
    add_tables(files, study, refine.forcefield);
  }
  for (const DeviceFile& file : device_files)
    if (const std::string& name = study.*file.name; !name.empty()) files[name] = study.folder / name;
  return files;
}

}  // namespace hopflow
