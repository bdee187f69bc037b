// SPDX-License-Identifier: GPL-2.0-or-later
// How much room atoms take next to the path of a hop.
#pragma once

namespace hopflow {

/// Radius (A) of an atom outside molecules, as the ion it is in a halide: Shannon, Acta Cryst. A32 (1976) 751, six
/// neighbours, the charge usual next to halides (Pb2+, Bi3+, Cs+, I-; high spin); Sn2+, which Shannon lacks: Kieslich
/// et al., Chem. Sci. 6 (2015) 3430. Elements not tabulated: the covalent radius.
double ionic_radius(int atomic_number);

/// Radius (A) of an atom in a molecule: Bondi, J. Phys. Chem. 68 (1964) 441; B: Mantina et al., J. Phys. Chem. A 113
/// (2009) 5806. Elements not tabulated: 2.0.
double van_der_waals_radius(int atomic_number);

}  // namespace hopflow
