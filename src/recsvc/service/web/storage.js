/** What this browser keeps between visits. What it will not keep (private windows, no room) is kept while the page lives. */

const PREFIX = "recsvc.";
/** By name, what the browser did not take. */
const unkept = new Map();

/** What is kept under a name, or null. What does not pass `fits` is as good as nothing, whoever put it there. */
export function recall(name, fits) {
  const value = unkept.has(name) ? unkept.get(name) : read(name);
  return fits(value) ? value : null;
}

/** The same for an array: those of its entries that pass. */
export function recallAll(name, fits) {
  return (recall(name, Array.isArray) ?? []).filter(fits);
}

/** Whether a value has fields of these types: `{token: "string"}`. */
export function has(value, types) {
  return Object.entries(types).every(([name, type]) => typeof value?.[name] === type);
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Keep a value under a name; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    unkept.delete(name);
  } catch {
    unkept.set(name, value);
  }
}

/** Call `run(gone)` when another tab has changed what is kept under a name; `gone` is whether nothing is now. */
export function onChangeElsewhere(name, run) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === PREFIX + name || key === null) run(newValue === null);
  });
}
