import { useState } from "react";
import { recall, remember } from "../lib/storage.ts";

export type Theme = "system" | "light" | "dark";

export function readTheme(): Theme {
  const kept = recall("theme");
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** The colours follow by `color-scheme` alone. */
export function showTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  // Charts draw on a canvas, which knows no colours of CSS.
  window.dispatchEvent(new Event("trestle:theme"));
}

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(readTheme);
  return [
    theme,
    (chosen) => {
      remember("theme", chosen === "system" ? undefined : chosen);
      showTheme(chosen);
      setTheme(chosen);
    },
  ];
}
