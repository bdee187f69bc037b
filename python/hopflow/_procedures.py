# SPDX-License-Identifier: GPL-2.0-or-later
"""Searches that ask, and calculators that answer."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculatorError
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms

from hopflow import _hopflow


@dataclass(frozen=True)
class Check:
    """One line of the trust list: passed is None where the check was not made or not decided."""

    name: str
    passed: "bool | None"
    detail: str


@dataclass(frozen=True)
class Barrier:
    """What find_barrier() found. Energies in eV."""

    forward: float  #: saddle above the initial state
    reverse: float  #: saddle above the final state
    uncertainty: float  #: one standard deviation with all parts, the calculator's own error among them
    numerical_uncertainty: float  #: the part of it that better convergence would make smaller
    largest_climb: float  #: of all steps of the path, from the lowest state before each
    parts: "dict[str, float | None]"  #: parts of the uncertainty by name, model, protocol and cell_size among them; None: none
    checks: "list[Check]"
    warnings: "list[str]"
    status: str  #: converged | converged_check_failed | not_converged | slipped | collapsed | failed
    reason: str  #: why not converged, "" if it is
    evaluations: int  #: force calls, the relaxation of both ends included
    fmax: float  #: largest force left on any image (eV/A)
    negative_modes: "int | None"  #: of the Hessian at the saddle; 1 for a first-order saddle
    distance: "list[float]"  #: along the path (A), 0 first
    evaluations_prior: int  #: force calls of the prior; 0 without one
    images: "list[Atoms]" = field(repr=False)  #: the path, relaxed ends included, each with energy and forces

    @property
    def converged(self) -> bool:
        """Whether the search ended well and no check that can decide has failed."""
        return self.status == "converged"

    @property
    def saddle(self) -> Atoms:
        """The highest image."""
        return max(self.images, key=lambda atoms: atoms.get_potential_energy())

    def plot(self, ax=None):
        """Draws energy against distance with matplotlib; returns the axes."""
        if ax is None:
            import matplotlib.pyplot

            ax = matplotlib.pyplot.figure().add_subplot()
        energies = np.array([atoms.get_potential_energy() for atoms in self.images])
        ax.plot(self.distance, energies - energies[0], "o-")
        ax.set_xlabel("path (Å)")
        ax.set_ylabel("energy (eV)")
        return ax


@dataclass(frozen=True)
class Relaxation:
    """What relax() found."""

    atoms: Atoms  #: with energy and forces
    energy: float  #: eV
    converged: bool
    reason: str
    fmax: float  #: largest force on an atom that may move (eV/A)
    evaluations: int
    evaluations_prior: int  #: force calls of the prior; 0 without one


@dataclass(frozen=True)
class Hop:
    """A class of symmetry-equivalent hops of a vacancy's neighbour."""

    id: str
    from_label: str
    to_label: str
    length: float  #: A
    multiplicity: int  #: members in the cell
    bottleneck: float  #: distance from the straight path to the nearest other atom (A)
    free_radius: float  #: the same to that atom's surface (A)
    reversed_by_symmetry: bool
    from_atom: int  #: index into the atoms
    to_atom: int
    image: "tuple[int, int, int]"  #: cell of to_atom


TIERS = ("ff", "mlip", "semiempirical", "dft", "analytic")


def _box(atoms):
    """Cell rows; directions without a cell vector get one far longer than the atoms."""
    cell = np.array(atoms.cell)
    missing = [k for k in range(3) if not cell[k].any()]
    if missing:
        if any(atoms.pbc[k] for k in missing):
            raise ValueError("atoms are periodic along a direction without a cell vector; give one or set pbc to False")
        extent = np.ptp(atoms.positions, axis=0).max() if len(atoms) else 0.0
        cell = np.array(atoms.cell.complete())
        for k in missing:
            cell[k] *= extent + 30.0
    return cell


def _raw(atoms):
    return (_box(atoms), np.array(atoms.positions), [int(z) for z in atoms.numbers], [bool(p) for p in atoms.pbc])


def _mobile(atoms):
    mobile = np.ones(len(atoms), dtype=bool)
    for constraint in atoms.constraints:
        if not isinstance(constraint, FixAtoms):
            raise ValueError(f"the constraint {type(constraint).__name__} is not understood; only FixAtoms is")
        mobile[constraint.index] = False
    return [bool(m) for m in mobile]


def _calculators(calculator, name="calculator"):
    found = list(calculator) if isinstance(calculator, (list, tuple)) else [calculator]
    if not found or any(not hasattr(one, "get_potential_energy") for one in found):
        raise TypeError(f"{name} is an ASE calculator, or a list of them that are asked in parallel")
    return found


def _answer(calculator, template, positions):
    atoms = template.copy()
    atoms.positions = positions
    atoms.calc = calculator
    energy = atoms.get_potential_energy(force_consistent=_free_energy(calculator))
    return float(energy), np.array(atoms.get_forces(apply_constraint=False), dtype=float)


def _free_energy(calculator):
    """Forces belong to the free energy where a calculator has both."""
    return "free_energy" in getattr(calculator, "implemented_properties", ())


def _drive(procedure, template, dear, cheap, progress):
    """Answers a procedure until it is done. Questions of one round are shared out among the calculators of its kind."""
    answered = {False: {}, True: {}}
    with ThreadPoolExecutor(max(len(dear), len(cheap))) as pool:
        while not procedure.done:
            questions = procedure.ask()
            if not questions:
                continue
            of_prior = procedure.asks_prior
            calculators, known = cheap if of_prior else dear, answered[of_prior]
            # A procedure that met a failure asks again what was answered before.
            wanted = [(k, positions) for k, (_, positions) in enumerate(questions) if positions.tobytes() not in known]
            failure = None
            for begin in range(0, len(wanted), len(calculators)):
                part = wanted[begin:begin + len(calculators)]
                futures = [pool.submit(_answer, calculators[i], template, positions) for i, (_, positions) in enumerate(part)]
                for (_, positions), future in zip(part, futures):
                    try:
                        known[positions.tobytes()] = future.result()
                    except CalculatorError as problem:
                        failure = failure or problem
            if failure is not None:
                procedure.tell_error(f"{type(failure).__name__}: {failure}")
            else:
                procedure.tell([known[positions.tobytes()] for _, positions in questions])
            if progress is not None:
                progress(*procedure.progress)
    return procedure.result()


def _image(template, positions, energy, forces):
    atoms = template.copy()
    atoms.positions = positions
    atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
    return atoms


def find_barrier(initial, final, calculator, images=5, fmax=0.05, prior=None, progress=None, *, relax_ends=True, model_error=None):
    """The barrier between two minima, by a nudged elastic band whose questions a Gaussian process chooses.

    initial, final   Atoms in one cell and one order; they are relaxed first. Atoms under FixAtoms stay where they are.
    calculator       any ASE calculator, or a list of them: images are then asked in parallel, as many as there are in
                     the list, which takes fewer rounds and some more calls
    images           between the ends
    fmax             largest force left on any image (eV/A); the ends are relaxed to fmax / 5 or 0.01 eV/A
    prior            a cheap calculator (or a list) for the same atoms, such as a learned potential below a density
                     functional: searches run on it plus a model of its difference from the calculator, which is learned
                     from the few places where both are asked. Results rest on the calculator's own answers.
    progress         called after each round as progress(stage, step, fmax, barrier or None)
    relax_ends       False: the ends are minima already
    model_error      how far barriers of the calculator lie from the truth: one standard deviation (eV), or what is known of
                     its kind: "ff", "mlip", "semiempirical", "dft", "analytic" (a surface that is the truth); default "ff"
    Returns a Barrier. A search that does not converge is a result with status "not_converged".
    Raises hopflow.Error if the structures do not belong together, or the calculator fails where nothing else can be tried.
    """
    if len(initial) != len(final) or (initial.numbers != final.numbers).any():
        raise ValueError("initial and final must hold the same atoms in the same order")
    if not np.allclose(initial.cell, final.cell, atol=1e-6) or (initial.pbc != final.pbc).any():
        raise ValueError("initial and final must have one cell")
    calculators, cheap = _calculators(calculator), [] if prior is None else _calculators(prior, "prior")
    stated = None if model_error is None or isinstance(model_error, str) else float(model_error)
    if stated is not None and not 0 <= stated <= 10:
        raise ValueError(f"model_error is {stated}; give 0 to 10 eV, or the kind of the calculator")
    tier = model_error if isinstance(model_error, str) else "ff"
    if tier not in TIERS:
        raise ValueError(f"model_error is {tier!r}; known kinds are {', '.join(TIERS)}")
    mobile = [a and b for a, b in zip(_mobile(initial), _mobile(final))]
    procedure = _hopflow.barrier(_raw(initial), (_raw(initial)[0], *_raw(final)[1:]), mobile, images, fmax, len(calculators),
                                 relax_ends, prior is not None, stated, tier)
    found = _drive(procedure, initial, calculators, cheap, progress)
    path = zip(found.pop("positions"), found.pop("energies"), found.pop("forces"))
    found.pop("saddle_energy")
    found["checks"] = [Check(*row) for row in found["checks"]]
    return Barrier(images=[_image(initial, *image) for image in path], **found)


def relax(atoms, calculator, fmax=0.01, max_steps=2000, progress=None, *, prior=None):
    """Relaxes positions in a fixed cell; returns a Relaxation and leaves `atoms` alone. fmax in eV/A.

    prior  as for find_barrier()
    """
    cheap = [] if prior is None else _calculators(prior, "prior")
    procedure = _hopflow.relaxation(_raw(atoms), _mobile(atoms), fmax, max_steps, prior is not None)
    found = _drive(procedure, atoms, _calculators(calculator), cheap, progress)
    relaxed = _image(atoms, found.pop("positions"), found["energy"], found.pop("forces"))
    return Relaxation(atoms=relaxed, **found)


def hops(atoms, element, max_length=5.5, symmetry="crystal", symprec=0.01):
    """The symmetry-distinct vacancy hops of an element in a crystal, shortest first: a list of Hop.

    symmetry "frame" takes the symmetry of the atoms outside organic molecules; lengths and symprec in A.
    """
    if symmetry not in ("crystal", "frame"):
        raise ValueError("symmetry is 'crystal' or 'frame'")
    rows = _hopflow.hops(_raw(atoms), element, max_length, symmetry == "frame", symprec)
    out = []
    for row in rows:
        row["from_label"], row["to_label"] = row.pop("from"), row.pop("to")
        out.append(Hop(**row))
    return out
