// SPDX-License-Identifier: GPL-2.0-or-later
// What the barriers of a study are expected to cost, before any engine is asked.
#pragma once

#include "workflows/materials/material_run.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

/// Numbers of a plan. They scatter by a factor of two from study to study and more from hop to hop.
struct ExpectedCost {
  double bands = 0;        ///< samples that are run, those of the deciding hop among them
  double evaluations = 0;  ///< of every engine
  double seconds = 0;      ///< of one rank, without the engines whose time cannot be said
  double megabytes = 0;    ///< of store
  bool timed = true;       ///< false: `seconds` leaves out engines of a tier whose time is not known
};

/// Of a planned material: host, vacancies, samples and refinements; not of the other cells of a series.
ExpectedCost expected_cost(const Study& study, const MaterialRun& material);

}  // namespace hopflow
