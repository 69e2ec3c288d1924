import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import "./tabs.css";

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** Behind the label: how many. */
  readonly count?: number | undefined;
  readonly content: ReactNode;
}

export interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly value?: string;
  readonly onChange?: (id: string) => void;
}

/** Arrow keys move between tabs. Only the chosen one is drawn. */
export function Tabs({ label, tabs, value, onChange }: TabsProps) {
  const chosen = value === undefined ? { defaultValue: tabs[0]?.id ?? "" } : { value };
  return (
    <Radix.Root className="tabs" {...chosen} {...(onChange && { onValueChange: onChange })}>
      <Radix.List className="tabs-list" aria-label={label}>
        {tabs.map(({ id, label: words, count }) => (
          <Radix.Trigger key={id} value={id} className="tabs-tab">
            {words}
            {count !== undefined && <span className="tabs-count">{count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className="tabs-content">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
