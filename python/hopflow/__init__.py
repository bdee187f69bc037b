# SPDX-License-Identifier: GPL-2.0-or-later
"""Ion-migration barriers with few force calls, for ASE structures and calculators.

    import hopflow
    barrier = hopflow.find_barrier(initial, final, calculator)     # two Atoms, any ASE calculator
    print(barrier.forward, barrier.reverse, barrier.uncertainty)   # eV
    print(barrier.status, barrier.evaluations)
    saddle = barrier.saddle                                        # Atoms

The searches are those of the program `hopflow barrier`: they ask for energies and forces, the calculator answers. Energies are
in eV, lengths in A, forces in eV/A.
"""
from hopflow._hopflow import Error
from hopflow._procedures import Barrier, Check, Hop, Relaxation, find_barrier, hops, relax
from hopflow._run import Run, read

__all__ = ["Barrier", "Check", "Error", "Hop", "Relaxation", "Run", "find_barrier", "hops", "read", "relax"]
