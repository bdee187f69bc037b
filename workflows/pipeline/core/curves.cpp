// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/core/curves.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <hdf5.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

/// An HDF5 identifier with the function that gives it back.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_{id}, close_{close} {
    if (id_ < 0) throw Error{Error::Kind::io, "HDF5 refused to write; is the disk full?"};
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close_(id_); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void demand(herr_t status) {
  if (status < 0) throw Error{Error::Kind::io, "HDF5 refused to write; is the disk full?"};
}

void write_unit(hid_t dataset, const std::string& unit) {
  const Handle type{H5Tcopy(H5T_C_S1), H5Tclose};
  demand(H5Tset_size(type, unit.size()));
  const Handle space{H5Screate(H5S_SCALAR), H5Sclose};
  const Handle attribute{H5Acreate2(dataset, "unit", type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
  demand(H5Awrite(attribute, type, unit.data()));
}

}  // namespace

Curve curve_of(std::string name, const nlohmann::json& object,
               const std::vector<std::pair<std::string, std::string>>& names_and_units) {
  Curve curve{std::move(name), {}};
  for (const auto& [key, unit] : names_and_units) {
    if (object.contains(key) && object.at(key).is_array())
      curve.columns.push_back({key, unit, object.at(key).get<std::vector<double>>()});
  }
  return curve;
}

std::string csv(const Curve& curve) {
  std::string out;
  std::size_t rows = 0;
  for (const Column& column : curve.columns) {
    if (!out.empty()) out += ',';
    out += column.name;
    rows = std::max(rows, column.values.size());
  }
  out += '\n';
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < curve.columns.size(); ++c) {
      if (c > 0) out += ',';
      if (r < curve.columns[c].values.size()) out += text::shortest(curve.columns[c].values[r]);
    }
    out += '\n';
  }
  return out;
}

void write_hdf5(const std::filesystem::path& path, const std::vector<Curve>& curves) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file_id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file_id < 0) throw Error{Error::Kind::io, fmt::format("{}: cannot be written", text::printable(path.string()))};
  const Handle file{file_id, H5Fclose};
  for (const Curve& curve : curves) {
    const Handle group{H5Gcreate2(file, curve.name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose};
    for (const Column& column : curve.columns) {
      const hsize_t size = column.values.size();
      const Handle space{H5Screate_simple(1, &size, nullptr), H5Sclose};
      const Handle timeless{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
      demand(H5Pset_obj_track_times(timeless, false));
      const Handle dataset{
          H5Dcreate2(group, column.name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, timeless, H5P_DEFAULT), H5Dclose};
      demand(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, column.values.data()));
      write_unit(dataset, column.unit);
    }
  }
}

}  // namespace hopflow::pipeline
