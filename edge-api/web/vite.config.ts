import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The edge that a developer's own mesh runs; `make up` prints its address.
const edge = process.env.VIVA_EDGE ?? "http://127.0.0.1:8080";

/** The boot is a script of its own, before the others: it waits for none of them, nor for the style. */
function early(): Plugin {
  return {
    name: "early",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunk = Object.keys(bundle ?? {}).find((name) => /assets\/boot-[^/]*\.js$/.test(name));
        const attrs = { type: "module", async: true, crossorigin: true, src: `/${chunk}` };
        return chunk ? [{ tag: "script", attrs, injectTo: "head-prepend" }] : [];
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), early()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // Nothing inline: the edge's content security policy allows its own files only.
  build: {
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What every screen needs comes in one piece: on a phone each file more is one more wait.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: "boot",
              test: /\/src\/(boot|screens|api\/(login|problems)|i18n\/language)\.ts$|preload-helper/,
              priority: 2,
            },
            { name: "base", test: /\/src\/(api|i18n|shell|ui)\//, entriesAware: false, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": { target: edge, ws: true } } },
  preview: { proxy: { "/api": { target: edge, ws: true } } },
  test: {
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    css: false,
  },
});
