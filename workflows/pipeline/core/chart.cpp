// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/core/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/core.h>
#include <zlib.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

namespace {

constexpr double width = 640, height = 420, left = 70, right = 20, header_height = 40, line_label_height = 18,
                 bottom = 56;
// Okabe and Ito's colours: distinct without red and green.
constexpr std::array<const char*, 6> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void cover(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Steps of 1, 2 or 5 times a power of ten, about six of them.
double tick_step(double span) {
  const double rough = span / 6, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string marker(std::size_t series, double x, double y) {
  const char* colour = colours[series % colours.size()];
  switch (series % 3) {
    case 0: return fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"4\" fill=\"{}\"/>", x, y, colour);
    case 1:
      return fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"7\" height=\"7\" fill=\"{}\"/>", x - 3.5, y - 3.5,
                         colour);
    default: return fmt::format("<path d=\"M{:.2f} {:.2f}l4.5 8h-9z\" fill=\"{}\"/>", x, y - 5, colour);
  }
}

std::string header(double w, double h, const std::string& title) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"13\" role=\"img\"><title>{2}</title><rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n",
      w, h, escaped(title));
}

std::string base64(const std::string& bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : letters[three >> (18 - 6 * k) & 63];
  }
  return out;
}

void append_big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void append_chunk(std::string& png, const std::string& type, const std::string& content) {
  append_big_endian(png, static_cast<std::uint32_t>(content.size()));
  const std::string checked = type + content;
  png += checked;
  append_big_endian(png, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                                                          static_cast<uInt>(checked.size()))));
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  const double top = header_height + line_label_height * static_cast<double>(chart.lines.size());
  Range xs, ys;
  for (const ChartSeries& s : chart.series) {
    if (s.x.size() != s.y.size() || (!s.error.empty() && s.error.size() != s.x.size())) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("chart: series '{}' has {} x, {} y, {} errors; as many of each are needed", s.name,
                              s.x.size(), s.y.size(), s.error.size())};
    }
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      const double error = s.error.empty() ? 0 : s.error[i];
      xs.cover(s.x[i]);
      ys.cover(s.y[i] - error);
      ys.cover(s.y[i] + error);
    }
  }
  if (!(xs.low <= xs.high && ys.low <= ys.high))
    throw Error{Error::Kind::bad_input, fmt::format("chart '{}': no finite point to draw", chart.title)};
  for (const ChartLine& line : chart.lines) ys.cover(line.y);
  const double step = tick_step(std::max(ys.high - ys.low, 1e-9));
  ys = {step * std::floor(ys.low / step), step * std::ceil(ys.high / step + 1e-9)};
  const auto transform = [&](double x) { return chart.log_x ? std::log(x) : x; };
  const double x_span = std::max(transform(xs.high) - transform(xs.low), 1e-9), pad = 0.04;
  const auto px = [&](double x) {
    return left + (width - left - right) * (pad + (1 - 2 * pad) * (transform(x) - transform(xs.low)) / x_span);
  };
  const auto py = [&](double y) {
    return height - bottom - (height - top - bottom) * (y - ys.low) / (ys.high - ys.low);
  };

  std::string out = header(width, height, chart.title);
  out += fmt::format("<text x=\"{}\" y=\"22\" font-weight=\"bold\">{}</text>\n", left, escaped(chart.title));
  for (int k = 0; ys.low + k * step <= ys.high + 0.5 * step; ++k) {
    const double y = ys.low + k * step;
    out += fmt::format(
        "<path d=\"M{} {:.2f}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.2f}\" text-anchor=\"end\">{:.6g}</text>\n",
        left, py(y), width - right, left - 8, py(y) + 4, std::abs(y) < 1e-9 * step ? 0 : y);
  }
  std::vector<double> ticks;
  if (chart.log_x) {
    for (const ChartSeries& s : chart.series) ticks.insert(ticks.end(), s.x.begin(), s.x.end());
    std::sort(ticks.begin(), ticks.end());
    ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
  } else {
    const double x_step = tick_step(x_span);
    for (double x = x_step * std::ceil(xs.low / x_step); x <= xs.high + 1e-9 * x_span; x += x_step) ticks.push_back(x);
  }
  for (const double x : ticks) {
    out += fmt::format(
        "<path d=\"M{0:.2f} {1}v5\" stroke=\"#333\"/><text x=\"{0:.2f}\" y=\"{2}\" "
        "text-anchor=\"middle\">{3:.6g}</text>\n",
        px(x), height - bottom, height - bottom + 19, x);
  }
  out += fmt::format("<path d=\"M{} {}V{}H{}\" fill=\"none\" stroke=\"#333\"/>\n", left, top, height - bottom,
                     width - right);
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (left + width - right) / 2,
                     height - 14, escaped(chart.x_label));
  out += fmt::format("<text transform=\"translate(18 {})rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     (top + height - bottom) / 2, escaped(chart.y_label));
  // Named above the plot, where no curve crosses the name.
  double label_y = header_height;
  for (const ChartLine& line : chart.lines) {
    out += fmt::format(
        "<path d=\"M{0} {1:.2f}H{2}M{0} {3:.2f}h36\" stroke=\"#555\" stroke-dasharray=\"6 4\"/><text x=\"{4}\" "
        "y=\"{5:.2f}\" fill=\"#555\">{6}</text>\n",
        left, py(line.y), width - right, label_y - 4, left + 42, label_y, escaped(line.label));
    label_y += line_label_height;
  }
  for (std::size_t n = 0; n < chart.series.size(); ++n) {
    const ChartSeries& s = chart.series[n];
    std::string path;
    for (std::size_t i = 0; i < s.x.size(); ++i)
      path += fmt::format("{}{:.2f} {:.2f}", i == 0 ? "M" : "L", px(s.x[i]), py(s.y[i]));
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n", path,
                       colours[n % colours.size()]);
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!s.error.empty() && s.error[i] > 0) {
        const double x = px(s.x[i]), low = py(s.y[i] - s.error[i]), high = py(s.y[i] + s.error[i]);
        out += fmt::format("<path d=\"M{0:.2f} {2:.2f}h6m-3 0V{3:.2f}m-3 0h6\" fill=\"none\" stroke=\"{1}\"/>\n", x - 3,
                           colours[n % colours.size()], low, high);
      }
      out += marker(n, px(s.x[i]), py(s.y[i])) + "\n";
    }
    const double y = height - bottom - 14 - 18 * static_cast<double>(chart.series.size() - 1 - n);
    out += marker(n, width - right - 150, y - 4) +
           fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", width - right - 140, y, escaped(s.name));
  }
  return out + "</svg>\n";
}

std::string image_grid_svg(const std::string& title, int side, int columns,
                           std::span<const std::vector<double>> images) {
  const int rows = (static_cast<int>(images.size()) + columns - 1) / columns, pitch = side + 1,
            wide = columns * pitch - 1, high = rows * pitch - 1;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(wide) * static_cast<std::size_t>(high), 96);
  for (std::size_t n = 0; n < images.size(); ++n) {
    const int x0 = static_cast<int>(n) % columns * pitch, y0 = static_cast<int>(n) / columns * pitch;
    for (int p = 0; p < side * side; ++p) {
      const auto at = static_cast<std::size_t>(y0 + p / side) * static_cast<std::size_t>(wide) +
                      static_cast<std::size_t>(x0 + p % side);
      pixels[at] =
          static_cast<unsigned char>(std::lround(255 * std::clamp(images[n][static_cast<std::size_t>(p)], 0.0, 1.0)));
    }
  }
  const int scale = 2;
  return header(scale * wide, scale * high + 26, title) +
         fmt::format("<text x=\"2\" y=\"17\" font-weight=\"bold\">{}</text>\n", escaped(title)) +
         fmt::format(
             "<image y=\"26\" width=\"{}\" height=\"{}\" style=\"image-rendering:pixelated\" "
             "href=\"data:image/png;base64,{}\"/>\n</svg>\n",
             scale * wide, scale * high, base64(grey_png(pixels, wide, high)));
}

std::string grey_png(std::span<const unsigned char> pixels, int wide, int high) {
  std::string raw;
  for (int y = 0; y < high; ++y) {
    raw += '\0';  // no filter
    raw.append(reinterpret_cast<const char*>(pixels.data()) + static_cast<std::ptrdiff_t>(y) * wide,
               static_cast<std::size_t>(wide));
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
                static_cast<uLong>(raw.size()), 9) != Z_OK) {
    throw Error{Error::Kind::io, "an image could not be compressed: out of memory?"};
  }
  packed.resize(size);
  std::string png = "\x89PNG\r\n\x1a\n", head;
  append_big_endian(head, static_cast<std::uint32_t>(wide));
  append_big_endian(head, static_cast<std::uint32_t>(high));
  head += std::string{"\x08\x00\x00\x00\x00", 5};  // 8 bits, grey, deflate, no filter, not interlaced
  append_chunk(png, "IHDR", head);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace hopflow::pipeline
