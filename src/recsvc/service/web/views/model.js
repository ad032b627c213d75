/** `#/model`: which version answers, what it learned from, and how good it was on ratings it had not seen. */

import { table } from "../charts.js";
import { h } from "../dom.js";
import { empty, facts, fill, heading, outward, panel, skeletons } from "../parts.js";
import { models } from "../service.js";
import { date, percent } from "../words.js";

const METRICS = {
  ndcg: "nDCG",
  precision: "Precision",
  recall: "Recall",
  map: "MAP",
  mrr: "MRR",
  hit_rate: "Hit rate",
  rmse: "RMSE",
  mae: "MAE",
};
const MODELS = { hybrid: "Personal", popularity: "Popular", "most-rated": "Most rated" };

export function model(route, signal) {
  const place = h("div", {});
  const show = ({ items }) => page(items);
  const ready = fill(place, { skeleton: skeletons(4, "block"), load: () => models(signal), show, signal });
  return { title: "The model", nodes: [heading("The model"), place], ready };
}

function page(versions) {
  const production = versions.find((version) => version.production);
  if (!production) return empty("No version is in service", h("p", {}, "Train one with recsvc train."));
  const rest = versions.filter((version) => version !== production);
  return [about(production), quality(production), challenge(rest), others(rest)];
}

function about(version) {
  const sizes = [
    ["Movies", version.movies],
    ["Users", version.users],
    ["Ratings", version.ratings],
  ].map(([name, many]) => [name, many.toLocaleString("en")]);
  return panel(
    "In service",
    h("p", {}, h("code", {}, version.version)),
    h(
      "p",
      {},
      `Made on ${date(version.created_at)} from the dataset `,
      h("b", {}, version.dataset),
      version.simulated ? ", whose ratings are simulated." : ".",
    ),
    facts("sizes", sizes),
    h("p.hint", {}, version.notice),
    version.report_url && h("p.row", {}, outward(version.report_url, "Plots and lists of this version")),
    version.report_url && h("iframe", { src: version.report_url, title: "Plots and lists", loading: "lazy" }),
  );
}

/** The metrics that every model of the hold-out has, side by side; single figures stand below. */
function quality({ metrics }) {
  const groups = Object.entries(metrics).filter(([, value]) => value && typeof value === "object");
  const single = Object.entries(metrics).filter(([, value]) => typeof value === "number");
  const names = [...new Set(groups.flatMap(([, values]) => Object.keys(values)))];
  const rows = names.map((name) => [metricName(name), ...groups.map(([, values]) => figure(values[name]))]);
  return panel(
    "How good it is",
    metrics.protocol &&
      h("p.hint", {}, `Measured before it was published, with ${metrics.protocol}. Higher is better.`),
    groups.length > 0 &&
      table(["Metric", ...groups.map(([name]) => MODELS[name] ?? name)], rows, "Metrics on the hold-out"),
    single.length > 0 &&
      table(
        ["Metric", "Value"],
        single.map(([name, value]) => [metricName(name), figure(value)]),
        "Further metrics",
      ),
    !groups.length && !single.length && h("p", {}, "It was published without a hold-out."),
  );
}

function metricName(name) {
  const [kind, at] = name.split("@");
  return `${METRICS[kind] ?? kind.replaceAll("_", " ")}${at ? ` of the first ${at}` : ""}`;
}

function figure(value) {
  return typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : "–";
}

function challenge(versions) {
  const challenger = versions.find((version) => version.challenger);
  const says = challenger
    ? [
        h("code", {}, challenger.version),
        ` answers ${percent(challenger.weight, 1)} of the users, to see whether they like its lists better.`,
      ]
    : ["No challenger runs: everyone is answered by the version above."];
  return panel("A/B comparison", h("p", {}, says));
}

function others(versions) {
  const rows = versions.map((version) => [
    [h("code", {}, version.version), version.challenger && " (challenger)"],
    date(version.created_at),
    version.dataset,
    figure(version.metrics?.hybrid?.["ndcg@10"]),
    version.report_url ? outward(version.report_url, "Report") : "–",
  ]);
  const heads = ["Version", "Made", "Dataset", "nDCG of the first 10", "Report"];
  return rows.length > 0 && panel("Other versions", table(heads, rows, "Other versions"));
}
