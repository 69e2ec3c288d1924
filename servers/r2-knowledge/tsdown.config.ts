import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig(
  publishedServer({}, ["@aws-sdk/client-s3", "csv-parse", "csv-stringify"]),
);
