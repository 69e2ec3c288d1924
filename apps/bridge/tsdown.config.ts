import { publishedApp } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig(publishedApp({ "sqlite-worker": "@trestle/store/sqlite-worker" }));
