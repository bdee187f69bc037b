// SPDX-License-Identifier: GPL-2.0-or-later
// What to cite, as BibTeX.
#pragma once

namespace hopflow {

inline constexpr const char* citation =
    R"(% hopflow itself, the methods every barrier rests on, and the engines; cite what you used.
@software{hopflow,
  author = {{The hopflow contributors}},
  title = {hopflow: ion-migration barriers from a crystal structure}, version = {)" HOPFLOW_VERSION
    R"(}, license = {GPL-2.0-or-later}}
% climbing image and tangent of the band
@article{henkelman2000climbing,
  author = {Henkelman, G. and Uberuaga, B. P. and J{\'o}nsson, H.},
  journal = {J. Chem. Phys.}, volume = {113}, pages = {9901}, year = {2000}, doi = {10.1063/1.1329672}}
@article{henkelman2000tangent,
  author = {Henkelman, G. and J{\'o}nsson, H.},
  journal = {J. Chem. Phys.}, volume = {113}, pages = {9978}, year = {2000}, doi = {10.1063/1.1323224}}
% Gaussian process for the band (neb: {surrogate: true}, the default)
@article{koistinen2017,
  author = {Koistinen, O.-P. and Dagbjartsd{\'o}ttir, F. B. and {\'A}sgeirsson, V. and Vehtari, A. and J{\'o}nsson, H.},
  journal = {J. Chem. Phys.}, volume = {147}, pages = {152720}, year = {2017}, doi = {10.1063/1.4986787}}
% first path where atoms would meet
@article{smidstrup2014,
  author = {Smidstrup, S. and Pedersen, A. and Stokbro, K. and J{\'o}nsson, H.},
  journal = {J. Chem. Phys.}, volume = {140}, pages = {214106}, year = {2014}, doi = {10.1063/1.4878664}}
% attempt frequencies (prefactor: true)
@article{vineyard1957,
  author = {Vineyard, G. H.},
  journal = {J. Phys. Chem. Solids}, volume = {3}, pages = {121}, year = {1957}, doi = {10.1016/0022-3697(57)90059-8}}
% reading of CIF, and symmetry
@article{wojdyr2022,
  author = {Wojdyr, M.},
  journal = {J. Open Source Softw.}, volume = {7}, pages = {4200}, year = {2022}, doi = {10.21105/joss.04200}}
@article{togo2024,
  author = {Togo, A. and Shinohara, K. and Tanaka, I.},
  journal = {Sci. Technol. Adv. Mater. Methods}, volume = {4},
  pages = {2384822}, year = {2024}, doi = {10.1080/27660400.2024.2384822}}
% engines
@article{thompson2022lammps,
  author = {Thompson, A. P. and others},
  journal = {Comput. Phys. Commun.}, volume = {271}, pages = {108171}, year = {2022}, doi = {10.1016/j.cpc.2021.108171}}
@article{mattoni2015myp,
  author = {Mattoni, A. and Filippetti, A. and Saba, M. I. and Delugas, P.},
  journal = {J. Phys. Chem. C}, volume = {119}, pages = {17421}, year = {2015}, doi = {10.1021/acs.jpcc.5b04283}}
@article{deng2023chgnet,
  author = {Deng, B. and others},
  journal = {Nat. Mach. Intell.}, volume = {5}, pages = {1031}, year = {2023}, doi = {10.1038/s42256-023-00716-3}}
@article{park2024sevennet,
  author = {Park, Y. and Kim, J. and Hwang, S. and Han, S.},
  journal = {J. Chem. Theory Comput.}, volume = {20}, pages = {4857}, year = {2024}, doi = {10.1021/acs.jctc.4c00190}}
)";

}  // namespace hopflow
