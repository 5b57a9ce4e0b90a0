/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * Loads a library that sets a global, once, however often it is asked for. A failed load can be tried
 * again.
 *
 * @param {string} source such as `/vendor/supabase.js`
 * @returns {Promise<void>}
 */
export function loadScript(source) {
  const begun = loading.get(source);
  if (begun !== undefined) return begun;
  const load = new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.addEventListener("load", () => resolve(undefined));
    script.addEventListener("error", () => {
      loading.delete(source);
      script.remove();
      reject(new Error(`${source} could not be loaded`));
    });
    document.head.append(script);
  });
  loading.set(source, load);
  return load;
}

/**
 * Returns Supabase's client library for browsers.
 *
 * @returns {Promise<typeof import("@supabase/supabase-js")>}
 */
export async function loadSupabase() {
  await loadScript("/vendor/supabase.js");
  return Reflect.get(globalThis, "supabase");
}
