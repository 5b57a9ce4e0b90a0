import assert from "node:assert/strict";
import { readProviderEndpoints } from "./provider_env.ts";

Deno.test("a public provider needs a key, a keyless or private one does not", () => {
  const endpoints = readProviderEndpoints({
    OPENROUTER_BASE_URL: "https://openrouter.ai/api/v1",
    OPENROUTER_API_KEY: "sk-or-1",
    OPENAI_BASE_URL: "https://api.openai.com/v1",
    GROQ_BASE_URL: "http://127.0.0.1:8000/v1",
    LOCAL_BASE_URL: "https://ocr.example.com/v1",
    COMPATIBLE_BASE_URL: "https://vllm.example.com/v1",
  });
  assert.deepEqual(endpoints, {
    openrouter: { baseUrl: "https://openrouter.ai/api/v1", apiKey: "sk-or-1" },
    groq: { baseUrl: "http://127.0.0.1:8000/v1", apiKey: null },
    local: { baseUrl: "https://ocr.example.com/v1", apiKey: null },
    compatible: { baseUrl: "https://vllm.example.com/v1", apiKey: null },
  });
});
