/** `#/model`: the version in service, its training data, and its metrics on held-out ratings. */

import { models } from "../api.js";
import { table } from "../charts.js";
import { h } from "../dom.js";
import { empty, facts, fill, heading, externalLink, panel, skeletons } from "../parts.js";
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
  star_rmse: "RMSE of predicted stars",
  popularity_lift: "Popularity lift",
  coverage: "Coverage",
  gain: "nDCG gained over it",
  gain_low: "… at least (95 %)",
  gain_high: "… at most (95 %)",
};
const MODELS = {
  hybrid: "Personal",
  popularity: "Popular",
  popular: "Popular",
  "most-rated": "Most rated",
  serving: "Version before",
  first: "First version",
};

export function model(route, signal) {
  const place = h("div", {});
  const show = ({ items }) => page(items);
  const ready = fill(place, { skeleton: skeletons(4, "block"), load: () => models(signal), show, signal });
  return { title: "The model", nodes: [heading("The model"), place], ready };
}

function page(versions) {
  const production = versions.find((version) => version.production);
  if (!production) return empty("No version is in service", "Train one with recsvc train.");
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
      `Trained on ${date(version.created_at)} with the dataset `,
      h("b", {}, version.dataset),
      version.simulated ? ", whose ratings are simulated" : "",
      version.opinions ? `, and with ${version.opinions.toLocaleString("en")} opinions of users of this service.` : ".",
    ),
    facts("sizes", sizes),
    h("p.hint", {}, version.notice),
    version.report_url && h("p.row", {}, externalLink(version.report_url, "Plots and lists of this version")),
    version.report_url && h("iframe", { src: version.report_url, title: "Plots and lists", loading: "lazy" }),
  );
}

/** Create the tables of metrics: those of each model side by side, and single figures below. */
function quality({ metrics }) {
  const groups = Object.entries(metrics).filter(([, value]) => value && typeof value === "object");
  const single = Object.entries(metrics).filter(([, value]) => typeof value === "number");
  const names = [...new Set(groups.flatMap(([, values]) => Object.keys(values)))];
  const rows = names.map((name) => [metricName(name), ...groups.map(([, values]) => figure(values[name]))]);
  return panel(
    "Quality",
    metrics.protocol && h("p.hint", {}, `Measured before publication, with ${metrics.protocol}.`),
    metrics.decision && h("p.hint", {}, `${metrics.decision}.`),
    groups.length > 0 &&
      table(["Metric", ...groups.map(([name]) => MODELS[name] ?? name)], rows, "Metrics on the hold-out"),
    single.length > 0 &&
      table(
        ["Metric", "Value"],
        single.map(([name, value]) => [metricName(name), figure(value)]),
        "Further metrics",
      ),
    !groups.length && !single.length && h("p", {}, "This version was published without a hold-out."),
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
  const content = challenger
    ? [
        h("code", {}, challenger.version),
        ` serves ${percent(challenger.weight, 1)} of the users, to see whether they like its lists better.`,
      ]
    : ["There is no challenger: the version above serves everyone."];
  return panel("A/B comparison", h("p", {}, content));
}

function others(versions) {
  const rows = versions.map((version) => [
    [h("code", {}, version.version), version.challenger && " (challenger)"],
    date(version.created_at),
    version.dataset,
    figure(version.metrics?.hybrid?.["ndcg@10"]),
    version.report_url ? externalLink(version.report_url, "Report") : "–",
  ]);
  const heads = ["Version", "Trained", "Dataset", "nDCG of the first 10", "Report"];
  return rows.length > 0 && panel("Other versions", table(heads, rows, "Other versions"));
}
