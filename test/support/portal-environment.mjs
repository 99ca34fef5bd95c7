/**
 * Where tests of the portal run: like any other, but for one system and one browser that all their files share. Jest keeps
 * this module from file to file; what is in it is started when a test first asks.
 */
import { TestEnvironment } from 'jest-environment-node';

let stage = null;

export default class PortalEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.portalStage = () => {
      stage ??= import('./portal-stage.ts').then(({ startPortalStage }) => startPortalStage());
      return stage;
    };
    globalThis.portalStageTeardown = async () => {
      await (await stage)?.stop();
    };
  }
}
