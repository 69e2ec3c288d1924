import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./menu.css";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  /** Why it cannot be done now. */
  readonly disabled?: string | false | undefined;
  readonly checked?: boolean;
  readonly onSelect: () => void;
}

export interface MenuProps {
  /** A button. */
  readonly trigger: ReactNode;
  /** Above the items: who or what this is about. */
  readonly heading?: ReactNode;
  /** In groups with a line between. */
  readonly groups: readonly (readonly MenuItem[])[];
}

export function Menu({ trigger, heading, groups }: MenuProps) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={8}>
          {heading && <DropdownMenu.Label className="menu-heading">{heading}</DropdownMenu.Label>}
          {groups.map((items, index) => (
            <DropdownMenu.Group key={items[0]?.label ?? index} className="menu-group">
              {items.map((item) => (
                <Entry key={item.label} {...item} />
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ label, icon, danger, disabled, checked, onSelect }: MenuItem) {
  return (
    <DropdownMenu.Item
      className={danger ? "menu-item menu-danger" : "menu-item"}
      disabled={Boolean(disabled)}
      title={disabled || undefined}
      onSelect={onSelect}
    >
      {icon ? <Icon name={icon} /> : <span className="menu-space" />}
      <span>{label}</span>
      {checked && <Icon name="check" size={14} />}
    </DropdownMenu.Item>
  );
}
