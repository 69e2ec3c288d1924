import type { JsonObject, Principal } from "@trestle/protocol";
import type { Core } from "../../core.ts";
import { EXPOSITION_TYPE } from "../../telemetry/exposition.ts";

/** A resource that is no operation and stands in no envelope: others define how it has to look. */
export interface Page {
  /** Below the base. */
  readonly path: string;
  readonly summary: string;
  readonly mediaType: string;
  /** `scope`: one that covers a read of this name at the bridge itself. */
  readonly needs: "anybody" | "scope";
  readonly headers?: Readonly<Record<string, string>>;
  readonly render: (core: Core, principal: Principal) => Promise<string> | string;
  /** Of the whole, where it is JSON. */
  readonly schema?: JsonObject;
}

/** It runs nothing, loads nothing, and is shown in no frame. */
const STRICT = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export const PAGES: readonly Page[] = [
  {
    path: "prometheus",
    summary: "The metrics of the bridge, as Prometheus reads them.",
    mediaType: EXPOSITION_TYPE,
    needs: "scope",
    async render(core) {
      const { prometheusText } = await import("../../telemetry/prometheus.ts");
      return prometheusText(core);
    },
  },
  {
    path: "openapi.json",
    summary: "This document.",
    mediaType: "application/json",
    needs: "anybody",
    schema: { type: "object", required: ["openapi", "info", "paths"] },
    async render({ version }) {
      const { openApiDocument } = await import("./openapi/document.ts");
      return JSON.stringify(await openApiDocument(version));
    },
  },
  {
    path: "docs",
    summary: "The same, to be read.",
    mediaType: "text/html",
    needs: "anybody",
    headers: STRICT,
    async render({ version }) {
      const [{ openApiDocument }, { referencePage }] = await Promise.all([
        import("./openapi/document.ts"),
        import("./openapi/reference-page.ts"),
      ]);
      return referencePage(await openApiDocument(version));
    },
  },
];
