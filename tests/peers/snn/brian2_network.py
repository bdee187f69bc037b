# SPDX-License-Identifier: GPL-2.0-or-later
"""The network of Diehl & Cook in Brian2 (2.5 or later), stepped as hopflow steps it; for comparisons, not for use.

Excitatory potentials take an implicit Euler step, everything else the published explicit one (traces and theta decay
exactly). Refractory times are one step longer than the constants say: Brian2 lets a neuron integrate in the step in which
its refractoriness ends, hopflow (as the published program's clamp) in the one after.
"""
import brian2 as b
from brian2 import ms, mV

DT_MS = 0.5


def implicit_step(equations, variables, method_options=None):
    """State updater: v is (v + dt/tau (E_rest + gi E_inh)) / (1 + dt/tau (1 + ge + gi)), as both ends of the step see it."""
    return """
v_stepped = (v + dt/(100*ms)*(-65*mV + gi*(-100*mV)))/(1 + dt/(100*ms)*(1 + ge + gi))
v = int(not_refractory)*v_stepped + (1 - int(not_refractory))*v
ge = ge - dt/(1*ms)*ge
gi = gi - dt/(2*ms)*gi
theta = theta*theta_kept
"""


def explicit_step(equations, variables, method_options=None):
    return """
v_stepped = v + dt/(10*ms)*((-60*mV - v) + ge*(0*mV - v))
v = int(not_refractory)*v_stepped + (1 - int(not_refractory))*v
ge = ge - dt/(1*ms)*ge
"""


def build(neurons, weights, input_steps, input_pixels, learning=True):
    """A Brian2 network. weights: inputs x neurons; input spikes by step since the beginning and pixel."""
    b.defaultclock.dt = DT_MS * ms
    inputs = weights.shape[0]
    theta_kept = float(b.np.exp(-DT_MS / 1e7)) if learning else 1.0
    source = b.SpikeGeneratorGroup(inputs, input_pixels, (input_steps * DT_MS) * ms, name="source")
    exc = b.NeuronGroup(
        neurons,
        """dv/dt = ((-65*mV - v) + ge*(0*mV - v) + gi*(-100*mV - v))/(100*ms) : volt (unless refractory)
           dge/dt = -ge/(1*ms) : 1
           dgi/dt = -gi/(2*ms) : 1
           dtheta/dt = -theta/(1e7*ms) : volt""",
        threshold="v > theta - 72*mV",
        reset="v = -65*mV" + ("; theta += 0.05*mV" if learning else ""),
        refractory=5.5 * ms, method=implicit_step, namespace={"theta_kept": theta_kept}, name="exc")
    inh = b.NeuronGroup(
        neurons,
        """dv/dt = ((-60*mV - v) + ge*(0*mV - v))/(10*ms) : volt (unless refractory)
           dge/dt = -ge/(1*ms) : 1""",
        threshold="v > -40*mV", reset="v = -45*mV", refractory=2.5 * ms, method=explicit_step, name="inh")
    exc.v, exc.theta, inh.v = -105 * mV, 20 * mV, -100 * mV
    if learning:
        plastic = b.Synapses(
            source, exc,
            """w : 1
               dpre/dt = -pre/(20*ms) : 1 (event-driven)
               dpost1/dt = -post1/(20*ms) : 1 (event-driven)
               dpost2/dt = -post2/(40*ms) : 1 (event-driven)""",
            on_pre="ge_post += w; pre = 1.; w = clip(w - 1e-4*post1, 0, 1)",
            on_post="w = clip(w + 1e-2*pre*post2, 0, 1); post1 = 1.; post2 = 1.", name="plastic")
        plastic.pre.order, plastic.post.order = 0, 1
    else:
        plastic = b.Synapses(source, exc, "w : 1", on_pre="ge_post += w", name="plastic")
    plastic.connect()
    plastic.w = weights.ravel()
    to_inh = b.Synapses(exc, inh, on_pre="ge_post += 10.4", name="to_inh")
    to_inh.connect(j="i")
    to_exc = b.Synapses(inh, exc, on_pre="gi_post += 17", name="to_exc")
    to_exc.connect(condition="i != j")
    spikes = b.SpikeMonitor(exc, name="spikes")
    return b.Network(source, exc, inh, plastic, to_inh, to_exc, spikes)
