import { equal } from "node:assert/strict";
import { type RenderConfig, renderImage, signRendering } from "./render_image.ts";

Deno.test("a project without image transformations signs the original image and renders none", async () => {
  const config: RenderConfig = {
    keys: { jwtSecret: "secret" },
    storage: { transformsImages: false },
  };
  const body = { expiresIn: 60, transform: { width: 100 } };
  const signed = "/object/sign/files/a.png?token=t";
  equal(await signRendering(body, signed, config), signed);
  const request = new Request("http://localhost/storage/v1/render/image/public/files/a.png");
  const response = await renderImage(request, config, () => Promise.reject(new Error("asked")));
  equal(response?.status, 403);
});
