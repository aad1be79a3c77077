// Charts of the pages: data stand as JSON in the page, colours come from the theme, every mark opens what lies behind it.
(function () {
  "use strict";
  var root = document.documentElement, phone = window.matchMedia("(max-width:767px)").matches, drawn = {};
  function colour(name) { return getComputedStyle(root).getPropertyValue("--ht-" + name).trim(); }
  function font() { return getComputedStyle(document.body).fontFamily.replace(/"/g, "'"); } // it stands in an attribute of the SVG
  function grouped(number, places) {
    return (number < 0 ? "−" : "") + Math.abs(number).toLocaleString("en-US", { minimumFractionDigits: places || 0, maximumFractionDigits: places || 0 });
  }
  function base() {
    return {
      animation: false,
      textStyle: { fontFamily: font(), fontSize: 12, color: colour("ink-2") },
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: colour("surface"), borderColor: colour("line-strong"), borderWidth: 1,
        padding: [8, 10], textStyle: { color: colour("ink"), fontSize: 12, fontFamily: font() }, shadowBlur: 0, axisPointer: { lineStyle: { color: colour("line-strong") }, shadowStyle: { color: colour("ink"), opacity: 0.05 } }
      }
    };
  }
  function axis() {
    return { axisLine: { lineStyle: { color: colour("line-strong") } }, axisTick: { show: false }, axisLabel: { color: colour("ink-2"), fontSize: 12 }, splitLine: { show: false } };
  }
  function value(places) { // places: digits behind the point, where the numbers are small
    return { type: "value", axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: colour("ink-3"), fontSize: 11, formatter: function (v) { return grouped(v, places !== undefined ? places : v && Math.abs(v) < 10 && v % 1 ? 1 : 0); } }, splitLine: { lineStyle: { color: colour("line") } }, splitNumber: 4 };
  }
  // Two lines upon each other: the lower bound, and above it what lies between, filled. A month between two without a bound has a bar.
  function banded(band) {
    var fill = colour("accent"), count = band.low.length, known = function (at) { return at >= 0 && at < count && band.low[at] !== null; };
    var named = band.high.reduce(function (best, high, at) { return high !== null && (best < 0 || high > band.high[best]) ? at : best; }, -1);
    var line = { type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, connectNulls: false, lineStyle: { width: 0 }, z: 2, tooltip: { show: false } };
    return [
      Object.assign({ name: "band-low", data: band.low }, line),
      Object.assign({
        name: band.name, data: band.high.map(function (high, at) { return high === null ? null : high - band.low[at]; }), areaStyle: { color: fill, opacity: 0.2 }, emphasis: { disabled: true },
        markPoint: { silent: true, symbol: "circle", symbolSize: 1, itemStyle: { color: "transparent" }, data: [{ coord: [named, band.high[named]] }], label: { show: true, formatter: band.name, color: fill, fontSize: 12, position: "top", distance: 5, align: named === 0 ? "left" : named === count - 1 ? "right" : "center" } }
      }, line),
      {
        type: "custom", silent: true, z: 2, tooltip: { show: false }, data: band.low.map(function (low, at) { return known(at) && !known(at - 1) && !known(at + 1) ? [at, low, band.high[at]] : null; }).filter(Boolean),
        renderItem: function (_params, api) {
          var top = api.coord([api.value(0), api.value(2)]), bottom = api.coord([api.value(0), api.value(1)]);
          return { type: "rect", shape: { x: top[0] - 9, y: top[1], width: 18, height: bottom[1] - top[1] }, style: { fill: fill, opacity: 0.2 } };
        }
      }
    ];
  }
  var kinds = {
    months: function (data) {
      var option = base(), last = data.series.length - 1, single = data.labels.length === 1;
      option.grid = { left: 8, right: phone ? 14 : 104, top: 30, bottom: phone ? 44 : 6, containLabel: true, outerBoundsMode: "same" };
      option.xAxis = Object.assign(axis(), { type: "category", boundaryGap: single, data: data.shown, triggerEvent: true });
      option.yAxis = Object.assign(value(data.places), { min: 0, name: data.unit, nameTextStyle: { color: colour("ink-3"), align: "left", padding: [0, 0, 0, -34] } });
      option.tooltip.trigger = "axis";
      option.tooltip.formatter = function (points) {
        var at = points[0].dataIndex, lines = points.filter(function (point) { return point.seriesIndex < data.series.length; });
        return [data.labels[at]].concat(lines.map(function (point) {
          var told = data.series[point.seriesIndex].told[at];
          return data.series[point.seriesIndex].name + "  " + (told === null ? "—" : told + (data.toldUnit === undefined ? " t" : data.toldUnit));
        })).concat(data.band ? [data.band.name + "  " + (data.band.told[at] === null ? "—" : data.band.told[at] + " t")] : []).join("\n");
      };
      option.series = data.series.map(function (line, at) {
        var total = at === last && last > 0, ink = colour(line.color);
        return {
          name: line.name, type: "line", data: line.values, symbol: "circle", symbolSize: single ? 8 : 5, showSymbol: !line.dashed || single, connectNulls: false, triggerLineEvent: false, cursor: "pointer",
          lineStyle: { color: ink, width: total ? 2.5 : 1.5, type: line.dashed ? [4, 3] : "solid" }, itemStyle: { color: ink }, z: total ? 5 : 3,
          endLabel: { show: !phone, formatter: line.name, color: total ? ink : colour("ink-2"), fontWeight: total ? 600 : 400, fontSize: 12, offset: [2, 0] },
          labelLayout: { moveOverlap: "shiftY" }
        };
      });
      if (data.band) option.series = option.series.concat(banded(data.band));
      if (phone && data.series.length > 1) option.legend = { data: data.series.map(function (line) { return line.name; }), bottom: 0, left: 0, itemWidth: 14, itemHeight: 8, icon: "roundRect", textStyle: { color: colour("ink-2"), fontSize: 12, fontFamily: font() }, selectedMode: false };
      option.hrefs = function (event) { return data.href[event.dataIndex]; };
      return option;
    },
    bars: function (data) {
      var option = base(), rows = data.rows.slice().reverse(), many = rows.length, width = phone ? 120 : 150;
      option.grid = { left: width + 8, right: 58, top: 2, bottom: 2 };
      option.xAxis = { type: "value", show: false, min: 0, max: "dataMax" };
      option.yAxis = { type: "category", data: rows.map(function (row) { return row.name; }), axisLine: { show: false }, axisTick: { show: false }, triggerEvent: true, axisLabel: { color: colour("ink"), fontSize: 12, width: width, overflow: "truncate" } };
      option.tooltip.trigger = "axis";
      option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: colour("ink"), opacity: 0.05 } };
      option.tooltip.formatter = function (points) {
        var row = rows[points[0].dataIndex];
        return [row.name].concat(data.used.map(function (at) { return data.names[at] + "  " + row.told[at] + " t"; })).join("\n");
      };
      option.series = data.used.map(function (at, order) {
        return {
          name: data.names[at], type: "bar", stack: "all", cursor: "pointer", barMaxWidth: many > 5 ? 15 : 22, data: rows.map(function (row) { return row.parts[at]; }),
          itemStyle: { color: colour(data.colors[at]), borderColor: colour("surface"), borderWidth: 0 },
          label: order === data.used.length - 1 ? { show: true, position: "right", color: colour("ink-2"), fontSize: 12, formatter: function (point) { return rows[point.dataIndex].total; } } : undefined
        };
      });
      option.hrefs = function (event) { return rows[event.dataIndex] && rows[event.dataIndex].href; };
      option.height = Math.max(90, many * 27 + 8);
      return option;
    },
    treemap: function (data) {
      var option = base(), nodes = data.rows.map(function (row) {
        return { name: row.name, value: row.parts.reduce(function (sum, part) { return sum + part; }, 0), told: row.total, href: row.href, itemStyle: { color: colour("accent-soft") } };
      });
      if (data.rest) nodes.push({ name: data.rest.name, value: data.rest.value, told: data.rest.total, href: data.rest.href, itemStyle: { color: colour("sunken") } });
      option.tooltip.trigger = "item";
      option.tooltip.formatter = function (point) { return point.data.name + "  " + point.data.told + " t"; };
      option.series = [{
        type: "treemap", left: 0, right: 0, top: 2, bottom: 2, roam: false, nodeClick: false, breadcrumb: { show: false }, sort: "desc", cursor: "pointer",
        itemStyle: { borderColor: colour("surface"), borderWidth: 1, gapWidth: 2 }, data: nodes.filter(function (node) { return node.value > 0; }),
        label: { show: true, color: colour("ink"), fontSize: 12, lineHeight: 16, overflow: "truncate", formatter: function (point) { return point.data.name + "\n" + point.data.told; } }
      }];
      option.hrefs = function (event) { return event.data && event.data.href; };
      option.height = Math.max(240, data.rows.length * 27 + 8);
      return option;
    },
    map: function (data) {
      var option = base(), most = Math.max.apply(null, data.points.map(function (point) { return point.value; })) || 1;
      var lons = data.points.map(function (point) { return point.at[0]; }), lats = data.points.map(function (point) { return point.at[1]; });
      var wide = Math.max(14, (Math.max.apply(null, lons) - Math.min.apply(null, lons)) * 0.25), high = Math.max(6, (Math.max.apply(null, lats) - Math.min.apply(null, lats)) * 0.25);
      option.geo = {
        map: "land", silent: true, left: 0, right: 0, top: 0, bottom: 0, aspectScale: 0.8, itemStyle: { areaColor: colour("sunken"), borderColor: colour("line-strong"), borderWidth: 0.8 },
        boundingCoords: [[Math.max(-180, Math.min.apply(null, lons) - wide), Math.min(85, Math.max.apply(null, lats) + high)], [Math.min(180, Math.max.apply(null, lons) + wide), Math.max(-60, Math.min.apply(null, lats) - high)]]
      };
      option.tooltip.trigger = "item";
      option.tooltip.formatter = function (point) { return point.name + "  " + data.points[point.dataIndex].told + " t"; };
      option.series = [{
        type: "scatter", coordinateSystem: "geo", cursor: "pointer", data: data.points.map(function (point) { return { name: point.name, value: point.at.concat(point.value) }; }),
        symbolSize: function (value) { return 6 + 34 * Math.sqrt(Math.max(0, value[2]) / most); }, itemStyle: { color: colour("accent"), opacity: 0.55, borderColor: colour("surface"), borderWidth: 1 },
        label: { show: true, position: "right", color: colour("ink"), fontSize: 12, formatter: function (point) { return point.dataIndex < 5 ? point.name : ""; } }, labelLayout: { hideOverlap: true }
      }];
      option.hrefs = function (event) { return event.componentType === "series" ? data.points[event.dataIndex].href : null; };
      return option;
    },
    ranges: function (data) { // a bar from the lowest to the highest of each row, a line and a number at its last
      var option = base(), rows = data.rows;
      option.grid = { left: 4, right: 8, top: 26, bottom: 4, containLabel: true };
      option.xAxis = Object.assign(axis(), { type: "category", data: rows.map(function (row) { return row.name; }) });
      option.xAxis.axisLabel.interval = 0;
      option.xAxis.axisLabel.lineHeight = 14;
      option.yAxis = Object.assign(value(0), { min: 0, name: data.unit, nameTextStyle: { color: colour("ink-3"), align: "left", padding: [0, 0, 0, -24] } });
      option.tooltip.trigger = "axis";
      option.tooltip.axisPointer.type = "shadow";
      option.tooltip.formatter = function (points) {
        var row = rows[points[0].dataIndex];
        return [row.name.replace("\n", " ")].concat(row.told.map(function (text, at) { return data.names[at] + "  " + text; })).join("\n");
      };
      option.series = [
        { type: "bar", stack: "all", silent: true, barWidth: "44%", itemStyle: { color: "transparent" }, data: rows.map(function (row) { return row.low; }) },
        { type: "bar", stack: "all", barWidth: "44%", itemStyle: { color: colour("bio"), opacity: 0.5 }, emphasis: { disabled: true }, data: rows.map(function (row) { return row.high - row.low; }),
          label: { show: true, position: "top", distance: 4, color: colour("ink"), opacity: 1, fontSize: phone ? 10 : 11, formatter: function (point) { return rows[point.dataIndex].told[2]; } } },
        { type: "scatter", symbol: "rect", symbolSize: phone ? [22, 3] : [28, 3], z: 5, itemStyle: { color: colour("ink"), opacity: 1 }, data: rows.map(function (row) { return row.last; }) }
      ];
      return option;
    },
    effects: function (data) {
      var option = base(), low = data.low, steps = data.steps;
      option.grid = { left: 8, right: 16, top: 26, bottom: 6, containLabel: true };
      option.xAxis = Object.assign(axis(), { type: "category", data: steps.map(function (step) { return step.name; }) });
      option.xAxis.axisLabel.interval = 0;
      if (phone) option.xAxis.axisLabel.rotate = 40;
      else { option.xAxis.axisLabel.width = 120; option.xAxis.axisLabel.overflow = "break"; }
      option.yAxis = Object.assign(value(), { min: low, max: data.high, name: data.unit, nameTextStyle: { color: colour("ink-3"), align: "left", padding: [0, 0, 0, -34] } });
      option.yAxis.axisLabel.showMinLabel = low <= 0;
      option.yAxis.axisLabel.showMaxLabel = false;
      option.tooltip.trigger = "item";
      option.tooltip.formatter = function (point) { var step = steps[point.dataIndex]; return step.name + "  " + step.told + " t"; };
      option.series = [
        { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: steps.map(function (step) { return step.level ? null : step.from; }), tooltip: { show: false } },
        {
          type: "bar", stack: "all", barMaxWidth: phone ? 26 : 56,
          data: steps.map(function (step) { return step.level ? null : { value: step.size, itemStyle: { color: colour(step.sign > 0 ? "up" : step.sign < 0 ? "down" : "ink-3") } }; }),
          label: { show: true, position: "top", color: colour("ink"), fontSize: 12, formatter: function (point) { var step = steps[point.dataIndex]; return phone && !step.sign ? "" : step.told; } }
        },
        {
          type: "scatter", symbol: "rect", symbolSize: phone ? [34, 3] : [72, 3], itemStyle: { color: colour("ink"), opacity: 1 }, data: steps.map(function (step) { return step.level ? step.at : null; }),
          label: { show: true, position: "top", color: colour("ink"), fontWeight: 600, fontSize: 12, formatter: function (point) { return steps[point.dataIndex].told; } }
        }
      ];
      return option;
    }
  };
  function draw(place) {
    var told = document.getElementById(place.dataset.chart);
    if (!told) return;
    if (place.dataset.land && !echarts.getMap("land")) {
      fetch(place.dataset.land).then(function (answer) { return answer.json(); }).then(function (land) { echarts.registerMap("land", land); draw(place); });
      return;
    }
    var data = JSON.parse(told.textContent), option = kinds[place.dataset.as || data.kind](data), hrefs = option.hrefs;
    delete option.hrefs;
    if (option.height) { place.style.height = option.height + "px"; delete option.height; }
    var chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option);
    if (hrefs) {
      chart.on("click", function (event) {
        var at = event.componentType === "yAxis" || event.componentType === "xAxis" ? { dataIndex: event.dataIndex } : event;
        var href = hrefs(at);
        if (href) location.assign(href);
      });
    }
    drawn[place.dataset.chart] = chart;
    new ResizeObserver(function () { if (!chart.isDisposed()) chart.resize(); }).observe(place);
  }
  window.addEventListener("beforeprint", function () { // paper has a width of its own: the picture is scaled to it
    document.querySelectorAll(".ht-chart svg").forEach(function (svg) {
      if (!svg.getAttribute("viewBox")) svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
    });
  });
  function saved(name, url) {
    var link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  }
  function save(kind, of) {
    var chart = drawn[of];
    if (!chart) return;
    var svg = chart.renderToSVGString(), url = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    if (kind === "svg") return saved(of + ".svg", url);
    var image = new Image(), canvas = document.createElement("canvas");
    image.onload = function () {
      canvas.width = chart.getWidth() * 2;
      canvas.height = chart.getHeight() * 2;
      var paper = canvas.getContext("2d");
      paper.fillStyle = colour("surface");
      paper.fillRect(0, 0, canvas.width, canvas.height);
      paper.drawImage(image, 0, 0, canvas.width, canvas.height);
      saved(of + ".png", canvas.toDataURL("image/png"));
    };
    image.src = url;
  }
  document.querySelectorAll("[data-chart]").forEach(draw);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-as]"), place = button && document.querySelector("[data-chart=" + button.dataset.of + "]");
    if (!place) return;
    button.parentNode.querySelectorAll("[data-as]").forEach(function (each) { each.setAttribute("aria-pressed", String(each === button)); });
    drawn[place.dataset.chart].dispose();
    place.dataset.as = button.dataset.as;
    draw(place);
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-save]");
    if (!button) return;
    save(button.dataset.save, button.dataset.of);
    button.closest("details").open = false;
  });
})();
