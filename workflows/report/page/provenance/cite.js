// SPDX-License-Identifier: GPL-2.0-or-later
// What to cite: the methods, engines and libraries a run used, as BibTeX.
"use strict";

(() => {
  const {list, object, str} = hopflow;
  const article = (key, author, title, journal, volume, pages, year, doi) => ({key, author, title, journal, volume, pages, year, doi});
  const library = {
    band: [article("Henkelman2000a", "Henkelman, Graeme and Uberuaga, Blas P. and J{\\'o}nsson, Hannes",
        "A climbing image nudged elastic band method for finding saddle points and minimum energy paths", "J. Chem. Phys.", "113", "9901", "2000",
            "10.1063/1.1329672"),
      article("Henkelman2000b", "Henkelman, Graeme and J{\\'o}nsson, Hannes",
          "Improved tangent estimate in the nudged elastic band method for finding minimum energy paths and saddle points", "J. Chem. Phys.", "113", "9978",
              "2000", "10.1063/1.1323224")],
    symmetry: [article("Togo2024", "Togo, Atsushi and Shinohara, Kohei and Tanaka, Isao", "Spglib: a software library for crystal symmetry search",
        "Sci. Technol. Adv. Mater. Methods", "4", "2384822", "2024", "10.1080/27660400.2024.2384822")],
    cif: [article("Wojdyr2022", "Wojdyr, Marcin", "{GEMMI}: A library for structural biology", "J. Open Source Softw.", "7", "4200", "2022",
        "10.21105/joss.04200")],
    lammps: [article("Thompson2022", "Thompson, Aidan P. and others",
        "{LAMMPS} - a flexible simulation tool for particle-based materials modeling at the atomic, meso, and continuum scales", "Comput. Phys. Commun.",
            "271", "108171", "2022", "10.1016/j.cpc.2021.108171")],
    ipi: [article("Kapil2019", "Kapil, Venkat and others", "{i-PI} 2.0: A universal force engine for advanced molecular simulations", "Comput. Phys. Commun.",
        "236", "214", "2019", "10.1016/j.cpc.2018.09.020")],
    chgnet: [article("Deng2023", "Deng, Bowen and others",
        "{CHGNet} as a pretrained universal neural network potential for charge-informed atomistic modelling", "Nat. Mach. Intell.", "5", "1031", "2023",
            "10.1038/s42256-023-00716-3")],
    sevennet: [article("Park2024", "Park, Yutack and Kim, Jaesun and Hwang, Seungwoo and Han, Seungwu",
        "Scalable parallel algorithm for graph neural network interatomic potentials in molecular dynamics simulations", "J. Chem. Theory Comput.", "20",
            "4857", "2024", "10.1021/acs.jctc.4c00190")],
    cp2k: [article("Kuehne2020", "K{\\\"u}hne, Thomas D. and others",
        "{CP2K}: An electronic structure and molecular dynamics software package - {Quickstep}: Efficient and accurate electronic structure calculations",
            "J. Chem. Phys.", "152", "194103", "2020", "10.1063/5.0007045")],
    espresso: [article("Giannozzi2017", "Giannozzi, Paolo and others", "Advanced capabilities for materials modelling with {Quantum ESPRESSO}",
        "J. Phys.: Condens. Matter", "29", "465901", "2017", "10.1088/1361-648X/aa8f79")],
    ase: [article("Larsen2017", "Larsen, Ask Hjorth and others", "The atomic simulation environment - a {Python} library for working with atoms",
        "J. Phys.: Condens. Matter", "29", "273002", "2017", "10.1088/1361-648X/aa680e")],
    myp: [article("Mattoni2015", "Mattoni, A. and Filippetti, A. and Saba, M. I. and Delugas, P.",
        "Methylammonium rotational dynamics in lead halide perovskite by classical molecular dynamics: the role of temperature", "J. Phys. Chem. C", "119",
            "17421", "2015", "10.1021/acs.jpcc.5b04283")],
    clp: [article("CanongiaLopes2006", "Canongia Lopes, Jos{\\'e} N. and P{\\'a}dua, Agilio A. H.",
        "Molecular force field for ionic liquids {III}: imidazolium, pyridinium, and phosphonium cations; chloride, bromide, and dicyanamide anions",
            "J. Phys. Chem. B", "110", "19586", "2006", "10.1021/jp063901o")],
    snn: [article("Diehl2015", "Diehl, Peter U. and Cook, Matthew", "Unsupervised learning of digit recognition using spike-timing-dependent plasticity",
        "Front. Comput. Neurosci.", "9", "99", "2015", "10.3389/fncom.2015.00099")],
    viewer: [article("Rego2015", "Rego, Nicholas and Koes, David", "3{D}mol.js: molecular visualization with {WebGL}", "Bioinformatics", "31", "1322", "2015",
        "10.1093/bioinformatics/btu829")],
    charts: [article("Li2018", "Li, Deqing and others", "{ECharts}: A declarative framework for rapid construction of web-based visualization",
        "Visual Informatics", "2", "136", "2018", "10.1016/j.visinf.2018.04.011")],
  };
  // What an engine or a force field calls itself, and the entries that go with it.
  const known = [[/lammps/i, "lammps"], [/i-?pi\b/i, "ipi"], [/chgnet/i, "chgnet"], [/seven/i, "sevennet"], [/cp2k/i, "cp2k"],
      [/espresso|\bqe\b|pw\.x/i, "espresso"], [/\bemt\b|\base\b/i, "ase"],
    [/^myp/i, "myp"], [/pyridinium/i, "clp"], [/pyridinium-pbi3/i, "myp"]];

  // {entries, dois}: the entries of these runs, and DOIs that structure files name.
  hopflow.citations = (materials) => {
    const topics = new Set(["band", "symmetry", "cif"]);
    const dois = new Set();
    for (const m of materials.map(object)) {
      const engines = [object(m.engine), ...list(m.barriers).map(object).flatMap((b) => list(b.refinements).map((r) => object(object(r).engine)))];
      const words = [...engines.flatMap((e) => [str(e.name), str(e.version)]), str(object(m.forcefield).name)];
      if (hopflow.has(m.forcefield)) topics.add("lammps");
      for (const word of words) for (const [pattern, topic] of known) if (pattern.test(word)) topics.add(topic);
      if (hopflow.has(m.snn)) topics.add("snn");
      for (const line of list(m.provenance)) for (const found of str(line).matchAll(/\b10\.\d{4,9}\/[^\s"'<>();,]+/g)) dois.add(found[0].replace(/[.]+$/, ""));
    }
    for (const topic of ["viewer", "charts"]) topics.add(topic);
    return {entries: [...topics].flatMap((t) => library[t]), dois: [...dois]};
  };

  hopflow.bibtex = (materials) => {
    const {entries, dois} = hopflow.citations(materials);
    const field = (name, value) => "  " + name + " = {" + value + "}";
    return [...entries.map((e) => "@article{" + e.key + ",\n" + [field("author", e.author), field("title", e.title), field("journal", e.journal),
        field("volume", e.volume),
      field("pages", e.pages), field("year", e.year), field("doi", e.doi)].join(",\n") + "\n}"),
    ...dois.map((doi, i) => "@misc{structure" + (i + 1) + ",\n" + [field("doi", doi), field("note", "named by a structure file of this run")].join(",\n")
        + "\n}")].join("\n\n") + "\n";
  };
})();
