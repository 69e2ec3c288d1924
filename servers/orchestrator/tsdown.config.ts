import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig(
  publishedServer({ "sqlite-worker": "@trestle/store/sqlite-worker" }, [
    "ajv",
    "bullmq",
    "croner",
    "yaml",
  ]),
);
