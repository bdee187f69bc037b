// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/waveform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include <cvode/cvode.h>
#include <fmt/core.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_config.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

namespace {

struct Free {
  void operator()(SUNContext c) const noexcept { SUNContext_Free(&c); }
  void operator()(N_Vector v) const noexcept { N_VDestroy(v); }
  void operator()(SUNMatrix m) const noexcept { SUNMatDestroy(m); }
  void operator()(SUNLinearSolver s) const noexcept { SUNLinSolFree(s); }
};
template <class Handle>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Free>;

struct FreeCvode {
  void operator()(void* memory) const noexcept { CVodeFree(&memory); }
};

/// One straight piece of the waveform, in its own time from 0.
struct Piece {
  const DeviceParameters* parameters;
  WaveformOptions options;
  double length_s = 0, from_v = 0, to_v = 0;

  double voltage(double t) const {
    return length_s > 0 ? from_v + (to_v - from_v) * std::clamp(t / length_s, 0.0, 1.0) : to_v;
  }
  double speed(double t, double x) const {
    const double inside = std::clamp(x, 0.0, 1.0);
    const double v = device_speed(*parameters, voltage(t), options.compliance, options.relaxation)(inside);
    // At an end of the range only the way back is open.
    return (x >= 1 && v > 0) || (x <= 0 && v < 0) ? 0.0 : v;
  }
  double current(double t, double x) const {
    return operate(*parameters, std::clamp(x, 0.0, 1.0), voltage(t), options.compliance).current_a;
  }
};

int derivative(sunrealtype t, N_Vector y, N_Vector dy, void* piece) {
  const auto& p = *static_cast<const Piece*>(piece);
  const double x = NV_Ith_S(y, 0);
  NV_Ith_S(dy, 0) = p.speed(t, x);
  return std::isfinite(NV_Ith_S(dy, 0)) ? 0 : 1;
}

int ends(sunrealtype, N_Vector y, sunrealtype* gaps, void*) {
  gaps[0] = NV_Ith_S(y, 0);
  gaps[1] = NV_Ith_S(y, 0) - 1;
  return 0;
}

/// CVODE's own messages go nowhere: what went wrong is thrown. Version 7 moved them from the memory to the context.
#if SUNDIALS_VERSION_MAJOR >= 7
void silence(SUNContext context, void*) { SUNContext_ClearErrHandlers(context); }
const SUNComm one_process = SUN_COMM_NULL;
#else
void silence(SUNContext, void* memory) {
  CVodeSetErrHandlerFn(
      memory, [](int, const char*, const char*, char*, void*) {}, nullptr);
}
constexpr void* one_process = nullptr;
#endif

void demand(int flag, const char* what) {
  if (flag < 0)
    throw Error{
        Error::Kind::engine,
        fmt::format("waveform: CVODE gave up in {} ({}); use fewer decades of time or a wider tolerance", what, flag)};
}

/// CVODE for one state, restarted at every corner.
class Integrator {
 public:
  explicit Integrator(const WaveformOptions& options) {
    SUNContext raw = nullptr;
    if (SUNContext_Create(one_process, &raw) != 0) throw Error{Error::Kind::engine, "waveform: CVODE can't be started"};
    context_.reset(raw);
    y_.reset(N_VNew_Serial(1, raw));
    matrix_.reset(SUNDenseMatrix(1, 1, raw));
    solver_.reset(SUNLinSol_Dense(y_.get(), matrix_.get(), raw));
    memory_.reset(CVodeCreate(CV_BDF, raw));
    silence(raw, memory_.get());
    demand(CVodeInit(memory_.get(), derivative, 0, y_.get()), "its start");
    demand(CVodeSStolerances(memory_.get(), options.relative_tolerance, 1e-2 * options.relative_tolerance),
           "its tolerances");
    demand(CVodeSetLinearSolver(memory_.get(), solver_.get(), matrix_.get()), "its linear solver");
    demand(CVodeRootInit(memory_.get(), 2, ends), "its roots");
    CVodeSetNoInactiveRootWarn(memory_.get());
    CVodeSetMaxNumSteps(memory_.get(), 200000);
  }

  void begin(Piece& piece, double x) {
    CVodeSetUserData(memory_.get(), &piece);
    restart(0, x);
  }

  /// The state at `t`, later than the last call's.
  double until(double t) {
    while (at_ < t) {
      CVodeSetStopTime(memory_.get(), t);
      sunrealtype reached = at_;
      const int flag = CVode(memory_.get(), t, y_.get(), &reached, CV_NORMAL);
      demand(flag, "a step");
      at_ = reached;
      if (flag == CV_ROOT_RETURN && at_ < t) restart(at_, NV_Ith_S(y_.get(), 0) < 0.5 ? 0.0 : 1.0);
    }
    return std::clamp(double{NV_Ith_S(y_.get(), 0)}, 0.0, 1.0);
  }

 private:
  void restart(double t, double x) {
    at_ = t;
    NV_Ith_S(y_.get(), 0) = x;
    demand(CVodeReInit(memory_.get(), t, y_.get()), "a restart");
  }

  Owned<SUNContext> context_;
  Owned<N_Vector> y_;
  Owned<SUNMatrix> matrix_;
  Owned<SUNLinearSolver> solver_;
  std::unique_ptr<void, FreeCvode> memory_;
  double at_ = 0;
};

void check(const Waveform& w, double x) {
  const auto refuse = [](const std::string& what) { throw Error{Error::Kind::bad_input, "waveform: " + what}; };
  if (w.time_s.size() != w.voltage_v.size())
    refuse(
        fmt::format("{} times for {} voltages; give one voltage for each time", w.time_s.size(), w.voltage_v.size()));
  if (w.time_s.size() < 2) refuse("fewer than two corners; give at least a beginning and an end");
  for (std::size_t i = 0; i < w.time_s.size(); ++i) {
    if (!std::isfinite(w.time_s[i]) || !std::isfinite(w.voltage_v[i]) || std::abs(w.voltage_v[i]) > 100) {
      refuse(fmt::format("corner {} is not a finite time with a voltage from -100 to 100", i + 1));
    }
    if (i > 0 && w.time_s[i] < w.time_s[i - 1])
      refuse(fmt::format("time {} s of corner {} is before the one above it; sort the corners", w.time_s[i], i + 1));
  }
  if (!(x >= 0 && x <= 1)) refuse(fmt::format("start state {} is outside 0 to 1", x));
}

}  // namespace

WaveformRun drive(const DeviceParameters& p, const Waveform& w, double x, const WaveformOptions& options) {
  check(w, x);
  Integrator integrator{options};
  WaveformRun run;
  const auto record = [&](const Piece& piece, double start, double t) {
    run.time_s.push_back(start + t);
    run.voltage_v.push_back(piece.voltage(t));
    run.current_a.push_back(piece.current(t, x));
    run.state.push_back(x);
  };
  for (std::size_t i = 0; i + 1 < w.time_s.size(); ++i) {
    Piece piece{&p, options, w.time_s[i + 1] - w.time_s[i], w.voltage_v[i], w.voltage_v[i + 1]};
    record(piece, w.time_s[i], 0);
    if (!(piece.length_s > 0)) continue;
    integrator.begin(piece, x);
    for (int s = 1; s <= options.samples + 1; ++s) {
      const double t = s == options.samples + 1 ? piece.length_s : piece.length_s * s / (options.samples + 1);
      x = integrator.until(t);
      if (s <= options.samples) record(piece, w.time_s[i], t);
    }
  }
  const Piece last{&p, options, 0, w.voltage_v.back(), w.voltage_v.back()};
  record(last, w.time_s.back(), 0);
  return run;
}

}  // namespace hopflow::pipeline
