import type { HostSettings } from '../settings/host-settings.ts';
import type { Actor } from './actor.ts';
import type { AdministrationParts } from './administration-parts.ts';
import type { HostAdministration, SettingsPlan } from './host-administration.ts';
import { settingsPlan } from './settings-plan.ts';

type Part = HostAdministration['settings'];

/** Puts another state of `capstan.yaml` in force while the host runs. */
export class SettingsAdministration implements Part {
  readonly #parts: AdministrationParts;
  readonly #initial: HostSettings;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
    this.#initial = parts.declared.settings;
  }

  plan(next: HostSettings): SettingsPlan {
    const { declared, packs } = this.#parts;
    return settingsPlan(next, { declared, packs, initial: this.#initial });
  }

  async apply(next: HostSettings, actor: Actor): Promise<SettingsPlan> {
    const plan = this.plan(next);
    const details = { paths: plan.changes.map(({ path }) => path) };
    // Where nothing else changed, lines may have moved: refusals and explanations name them.
    const record = { act: { act: 'settings.apply', target: 'capstan.yaml', details }, actor };
    await this.#parts.lane.settle(next, plan.changes.length === 0 ? undefined : record);
    return plan;
  }
}
