/**
 * Values that this browser keeps between visits. Those that it refuses (private windows, no space) are kept until the
 * page is closed.
 */

const PREFIX = "recsvc.";
/** The values that the browser refused, by name. */
const refused = new Map();

/** Return the value that is kept under a name, or null if there is none that passes `isValid`. */
export function recall(name, isValid) {
  const value = refused.has(name) ? refused.get(name) : read(name);
  return isValid(value) ? value : null;
}

/** Return the items of an array that is kept under a name, those that pass `isValid`. */
export function recallAll(name, isValid) {
  return (recall(name, Array.isArray) ?? []).filter(isValid);
}

/** Whether a value has fields of these types: `{token: "string"}`. */
export function hasFields(value, types) {
  return Object.entries(types).every(([name, type]) => typeof value?.[name] === type);
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Keep a value under a name; null removes it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    refused.delete(name);
  } catch {
    refused.set(name, value);
  }
}

/** Call `run(removed)` when another tab has changed or removed a value. */
export function onChangeElsewhere(name, run) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === PREFIX + name || key === null) run(newValue === null);
  });
}
