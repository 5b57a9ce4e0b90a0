import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject } from "../platform/json/json_value.ts";
import { MissingFieldError, renderPrompt, splitTemplate } from "./render_prompt.ts";

Deno.test("renderPrompt() inserts text as it is and other values as JSON, by name or by path", () => {
  const fields: JsonObject = {
    name: "Ada",
    "a.b": "column",
    a: { b: "nested", list: [{ c: 1 }] },
    none: null,
    "First Name": "A",
  };
  assert.equal(renderPrompt("{{ name }} {{a.b}} {{a.list.0.c}}", fields), "Ada column 1");
  assert.equal(renderPrompt("{{a.list}} {{none}} {{First Name}}", fields), '[{"c":1}] null A');
  assert.equal(renderPrompt("{{}} {{ }} {name} {{{name}}}", fields), "{{}} {{ }} {name} {Ada}");
});

Deno.test("renderPrompt() names the missing field and finds no inherited property", () => {
  for (const name of ["nobody", "a.x", "name.length", "constructor", "a.list.1", "__proto__.x"]) {
    assert.throws(
      () => renderPrompt(`{{${name}}}`, { name: "Ada", a: { list: [1] } }),
      (error) => error instanceof MissingFieldError && error.field === name,
    );
  }
});

Deno.test("renderPrompt() leaves placeholders within inserted text alone", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => {
    const values = { one: `${one}{{other}}$&$1`, other };
    assert.equal(renderPrompt("<{{one}}|{{other}}>", values), `<${values.one}|${other}>`);
  }));
});

Deno.test("splitTemplate() returns the text and the placeholders in order", () => {
  assert.deepEqual(splitTemplate("Hi {{b}} {{ a.c }} {{b}}{{ x y }}!"), {
    text: "Hi   !",
    names: ["b", "a.c", "b", "x y"],
  });
  assert.deepEqual(splitTemplate("{{\u00a0a\ufeff}} {{\u0085b c\u2028}}").names, ["a", "b c"]);
});
