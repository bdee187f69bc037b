// SPDX-License-Identifier: GPL-2.0-or-later
// The evaluation call: check, wrap, scatter, run 0, energy, gather, check.
#include "potentials/lammps/lammps.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>

#include <fmt/core.h>

#include "potentials/core/checks.hpp"
#include "potentials/lammps/box.hpp"
#include "potentials/lammps/document.hpp"
#include "potentials/lammps/library.hpp"
#include "potentials/lammps/unit_system.hpp"
#include "potentials/process/stream.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr off_t log_growth = 1 << 20;  // bytes of evaluations kept behind the set-up
constexpr double skin = 0.1;           // A
constexpr double open_margin = 20;     // A, round atoms along directions without periodicity
constexpr double open_grid = 64;       // A, lengths of the box there are whole multiples
constexpr double lj_contact = 0.3;     // of 1 A = sigma: reduced units know no chemical elements

struct CloseLammps {
  void (*close)(void* handle) = nullptr;
  void operator()(void* handle) const noexcept { close(handle); }
};

using Handle = std::unique_ptr<void, CloseLammps>;

/// Potential files are found by bare name in the working directory, and nowhere else; a rank of the run wants to be
/// back in its own afterwards.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& folder) : before_{::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (chdir(folder.c_str()) != 0) {
      throw Error(Error::Kind::io, fmt::format("{}: {}; the engine needs this folder for its files", folder.string(),
                                               std::strerror(errno)));
    }
  }
  ~WorkingFolder() {
    if (before_.get() >= 0 && fchdir(before_.get()) != 0) return;
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  Descriptor before_;
};

class LammpsPotential final : public Potential {
 public:
  LammpsPotential(const EngineSpec& spec, const fs::path& folder, std::optional<int> communicator)
      : document_{LammpsDocument::parse(spec.document)},
        scratch_{folder / ("lammps-" + spec.hash().substr(0, 8))},
        log_{lammps_log(folder, spec.hash())},
        stated_version_{spec.version},
        library_{spec.running.library},
        communicator_{spec.running.ranks > 1 ? communicator : std::nullopt} {
    const auto system = find_unit_system(document_.units);
    if (!system) {
      throw Error(Error::Kind::bad_input, fmt::format("LAMMPS units '{}' are not known; allowed are {}",
                                                      document_.units, text::join(unit_system_names(), ", ")));
    }
    units_ = *system;
    limits_ = contact_limits(document_.species);
    if (units_.name == "lj") limits_.assign(limits_.size(), lj_contact / 2);
  }

  Evaluation evaluate(const Configuration& configuration) override {
    check_question(configuration, document_.species, limits_);
    if (!handle_ || configuration.cell != cell_ || configuration.periodic != periodic_) {
      handle_.reset();
      box_ = make_lammps_box(configuration.cell, configuration.periodic);
      cell_ = configuration.cell;
      periodic_ = configuration.periodic;
    }
    Eigen::Matrix3Xd buffer = box_->to_box(configuration.positions);
    const Eigen::Vector3d lengths = place_open(buffer);
    buffer /= units_.length_angstrom;
    if (!handle_ || lengths != lengths_) open(buffer, lengths);

    const int n = configuration.size();
    const LammpsLibrary& lammps = lammps_library(library_);
    char x[] = "x";
    char f[] = "f";
    lammps.scatter_atoms(handle_.get(), x, 1, 3, buffer.data());
    command("run 0 post no");
    Evaluation answer;
    answer.energy_ev = lammps.get_thermo(handle_.get(), "pe") * units_.energy_ev;
    buffer.resize(3, n);
    lammps.gather_atoms(handle_.get(), f, 1, 3, buffer.data());
    refuse_error("run 0");
    answer.forces = box_->from_box(buffer) * (units_.energy_ev / units_.length_angstrom);
    if (configuration.periodic == std::array{true, true, true}) {
      const Eigen::Matrix3d virial = stress();
      if (virial.allFinite()) answer.stress = virial;
    }
    check_answer(configuration, answer);
    trim_log();
    return answer;
  }

 private:
  // The virial costs nothing on top of energy and forces, so it is always there (velocities are zero).
  Eigen::Matrix3d stress() const {
    constexpr const char* keywords[3][3] = {{"pxx", "pxy", "pxz"}, {"pxy", "pyy", "pyz"}, {"pxz", "pyz", "pzz"}};
    Eigen::Matrix3d pressure;
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) pressure(i, j) = lammps_library(library_).get_thermo(handle_.get(), keywords[i][j]);
    }
    return -units_.pressure_ev_per_angstrom3 * (box_->rotation.transpose() * pressure * box_->rotation);
  }

  void command(const std::string& text) {
    lammps_library(library_).command(handle_.get(), text.c_str());
    refuse_error(text);
  }

  // Only a build with exceptions comes back here with an error; the others have ended the process by now.
  void refuse_error(const std::string& where) {
    const LammpsLibrary& lammps = lammps_library(library_);
    if (lammps.has_error(handle_.get()) == 0) return;
    char message[1024] = "";
    lammps.get_last_error_message(handle_.get(), message, sizeof message);
    handle_.reset();
    throw Error(Error::Kind::engine, fmt::format("LAMMPS refused '{}': {}", where, text::trim(message)));
  }

  // Along open directions: moves all atoms together to a fixed distance from the lower wall, and gives the sides of a
  // box that holds them; a function of the question alone.
  Eigen::Vector3d place_open(Eigen::Matrix3Xd& x) const {
    Eigen::Vector3d lengths = box_->box.diagonal();
    for (int k = 0; k < 3; ++k) {
      if (box_->periodic[static_cast<std::size_t>(k)]) continue;
      x.row(k).array() += open_margin - x.row(k).minCoeff();
      lengths(k) = open_grid * std::ceil((x.row(k).maxCoeff() + open_margin) / open_grid);
    }
    return lengths;
  }

  // @param x  positions in the box, in LAMMPS' units
  void open(const Eigen::Matrix3Xd& x, const Eigen::Vector3d& lengths) {
    handle_.reset();
    lengths_ = lengths;
    const LammpsLibrary& lammps = lammps_library(library_);
    const WorkingFolder here{scratch_};
    for (const auto& [name, content] : document_.files) text::write_file(scratch_ / name, content);
    text::write_file(scratch_ / "box.data", data_file(x));

    std::array<std::string, 6> words{"hopflow", "-log", "none", "-screen", "none", "-nocite"};
    std::array<char*, 6> arguments{};
    for (std::size_t k = 0; k < words.size(); ++k) arguments[k] = words[k].data();
    const int count = static_cast<int>(arguments.size());
    if (communicator_ && lammps.open_fortran == nullptr) {
      throw Error(Error::Kind::missing_dependency,
                  "this build of LAMMPS has no function lammps_open_fortran, which several ranks per image need; take "
                  "a build with "
                  "MPI, or ranks_per_image: 1");
    }
    handle_ = Handle{communicator_ ? lammps.open_fortran(count, arguments.data(), *communicator_)
                                   : lammps.open_no_mpi(count, arguments.data(), nullptr),
                     CloseLammps{lammps.close}};
    if (!handle_) throw Error(Error::Kind::engine, "LAMMPS did not start");
    const std::string found = lammps_version_text(lammps.version(handle_.get()));
    if (!is_release(stated_version_, found)) {
      handle_.reset();
      throw Error(
          Error::Kind::missing_dependency,
          fmt::format("{} is LAMMPS {}, {} was expected; {}", library_.empty() ? "liblammps.so.0" : library_.string(),
                      found, stated_version_, library_.empty() ? "build hopflow again" : "start the run again"));
    }
    // LAMMPS splits its commands at blanks and reads $ and &: from inside the scratch folder the name holds none.
    command(fmt::format("log {} append", fs::relative(log_, scratch_).string()));
    for (const std::string& line : preamble()) command(line);
    for (const std::string& line : document_.commands) {
      command(line);
      // Tables break the bond between energy and force at 1e-3 eV/A; who wants them must say so in a later command.
      if (line.rfind("pair_style", 0) == 0) command("pair_modify table 0");
    }
    command("thermo_style custom step pe pxx pyy pzz pxy pxz pyz");
    command("thermo_modify norm no");
    command("thermo 1");
    setup_end_ = -1;
  }

  std::vector<std::string> preamble() const {
    std::string boundary = "boundary";
    for (const bool periodic : box_->periodic) boundary += periodic ? " p" : " f";
    return {
        fmt::format("units {}", document_.units),
        fmt::format("atom_style {}", document_.atom_style),
        // Sorting would make the order of sums, and so the last bits, depend on earlier questions.
        "atom_modify map array sort 0 0",
        boundary,
        "box tilt large",
        // Every question builds its neighbour lists again, so atoms need no room to move in them.
        fmt::format("neighbor {} bin", text::shortest(skin / units_.length_angstrom)),
        "neigh_modify delay 0 every 1 check yes",
        "read_data box.data",
    };
  }

  std::string data_file(const Eigen::Matrix3Xd& x) const {
    const double unit = units_.length_angstrom;
    const Eigen::Matrix3d box = box_->box / unit;
    const Eigen::Vector3d high = lengths_ / unit;
    const bool full = document_.atom_style == "full";
    const bool tilted = box(0, 1) != 0 || box(0, 2) != 0 || box(1, 2) != 0;
    std::string data = fmt::format("atoms for LAMMPS\n\n{} atoms\n{} atom types\n", x.cols(), document_.masses.size());
    const auto count = [&](const char* name, std::size_t terms, int types) {
      if (full) data += fmt::format("{} {}s\n{} {} types\n", terms, name, types, name);
    };
    count("bond", document_.bonds.size(), document_.bonded_types[0]);
    count("angle", document_.angles.size(), document_.bonded_types[1]);
    count("dihedral", document_.dihedrals.size(), document_.bonded_types[2]);
    count("improper", document_.impropers.size(), document_.bonded_types[3]);
    constexpr const char* axes[] = {"x", "y", "z"};
    for (int k = 0; k < 3; ++k) {
      data += fmt::format("0 {} {}lo {}hi\n", text::digits17(high(k)), axes[k], axes[k]);
    }
    if (tilted) {
      data += fmt::format("{} {} {} xy xz yz\n", text::digits17(box(0, 1)), text::digits17(box(0, 2)),
                          text::digits17(box(1, 2)));
    }
    data += "\nMasses\n\n";
    for (std::size_t k = 0; k < document_.masses.size(); ++k) {
      data += fmt::format("{} {}\n", k + 1, text::shortest(document_.masses[k]));
    }
    data += "\nAtoms\n\n";
    for (int i = 0; i < x.cols(); ++i) {
      const auto a = static_cast<std::size_t>(i);
      data += fmt::format("{} ", i + 1);
      if (full) data += fmt::format("{} ", document_.molecules[a]);
      data += fmt::format("{} {} {} {} {}\n", document_.types[a], text::digits17(document_.charges[a]),
                          text::digits17(x(0, i)), text::digits17(x(1, i)), text::digits17(x(2, i)));
    }
    const auto section = [&](const char* title, const auto& terms) {
      if (terms.empty()) return;
      data += fmt::format("\n{}\n\n", title);
      for (std::size_t k = 0; k < terms.size(); ++k) {
        data += fmt::format("{} {}", k + 1, terms[k].type);
        for (const int atom : terms[k].atoms) data += fmt::format(" {}", atom);
        data += '\n';
      }
    };
    section("Bonds", document_.bonds);
    section("Angles", document_.angles);
    section("Dihedrals", document_.dihedrals);
    section("Impropers", document_.impropers);
    return data;
  }

  // The log keeps the set-up and the latest evaluations; what lies between would fill disks. LAMMPS appends, so
  // cutting the file under it is sound.
  void trim_log() {
    struct stat status {};
    if (stat(log_.c_str(), &status) != 0) return;
    if (setup_end_ < 0) setup_end_ = status.st_size;
    if (status.st_size > setup_end_ + log_growth && truncate(log_.c_str(), setup_end_) != 0)
      setup_end_ = status.st_size;
  }

  LammpsDocument document_;
  fs::path scratch_;
  fs::path log_;
  std::string stated_version_;
  fs::path library_;
  std::optional<int> communicator_;
  UnitSystem units_;
  std::vector<double> limits_;
  Handle handle_;
  std::optional<LammpsBox> box_;
  Eigen::Matrix3d cell_ = Eigen::Matrix3d::Zero();
  std::array<bool, 3> periodic_{true, true, true};
  Eigen::Vector3d lengths_ = Eigen::Vector3d::Zero();
  off_t setup_end_ = -1;
};

}  // namespace

fs::path lammps_log(const fs::path& folder, const std::string& spec_hash) {
  return folder / fmt::format("lammps-{}.log", spec_hash.substr(0, 8));
}

std::unique_ptr<Potential> make_lammps(const EngineSpec& spec, const fs::path& folder,
                                       std::optional<int> communicator) {
  return std::make_unique<LammpsPotential>(spec, folder, communicator);
}

}  // namespace hopflow
