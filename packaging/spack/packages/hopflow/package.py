# SPDX-License-Identifier: GPL-2.0-or-later
"""Spack recipe: spack repo add packaging/spack; spack dev-build hopflow@main in a clone."""
from spack.package import *


class Hopflow(CMakePackage):
    """Ion-migration barriers from a crystal structure, and what they do to a device."""

    license("GPL-2.0-or-later")
    version("main", branch="main")
    variant("mpi", default=True, description="ranks side by side")
    variant("lammps", default=True, description="force fields")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("eigen@3.4:")
    depends_on("fmt")
    depends_on("nlohmann-json")
    depends_on("yaml-cpp")
    depends_on("gemmi")
    depends_on("spglib")
    depends_on("cli11")
    depends_on("sqlite")
    depends_on("xxhash")
    depends_on("suite-sparse")
    depends_on("ceres-solver")
    depends_on("sundials@6:+cvode")
    depends_on("hdf5")
    depends_on("boost")
    depends_on("openssl")
    depends_on("zlib-api")
    depends_on("mpi", when="+mpi")
    depends_on("lammps+lib", when="+lammps")

    def cmake_args(self):
        args = [self.define("HOPFLOW_TESTS", False), self.define_from_variant("HOPFLOW_MPI", "mpi")]
        if "+lammps" in self.spec:
            args.append(self.define("HOPFLOW_LAMMPS_LIBRARY", join_path(self.spec["lammps"].prefix.lib, "liblammps.so")))
        return args
