import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { fontLicence } from "./build/font-licence.ts";
import { precompress } from "./build/precompress.ts";

/** The bridge that the pages of `vite dev` talk to. */
const bridge = process.env.BRIDGE ?? "http://127.0.0.1:4100";

/** Names what the pages are made of by others, with the licences. */
const THIRD_PARTY = "third-party.json";

export default defineConfig({
  // Whatever prefix a proxy puts in front: nothing names its own address.
  base: "./",
  plugins: [react(), fontLicence("@fontsource-variable/inter", THIRD_PARTY), precompress()],
  // The bridge puts a new one into each page that it sends, and into its policy.
  html: { cspNonce: "TRESTLE_NONCE" },
  build: {
    outDir: process.env.OUT_DIR ?? "dist",
    emptyOutDir: true,
    target: "es2023",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    manifest: true,
    // Whoever passes the code of others on passes on their licences.
    license: { fileName: THIRD_PARTY },
  },
  server: {
    proxy: {
      "/api": {
        target: bridge,
        changeOrigin: true,
        ws: true,
        // To the bridge, a page of another port is a foreign one.
        headers: { origin: bridge },
      },
    },
  },
});
