/** How the portal is built. Everything it loads is a file of its own below assets/: the policy of the page allows nothing inline. */
import { join } from 'node:path';
import { linguiTransformerBabelPreset, lingui } from '@lingui/vite-plugin';
import babel from '@rolldown/plugin-babel';
import react from '@vitejs/plugin-react';
import { bodySchemas } from './body-schemas.mjs';

// The one way to tell all parts of Lingui where its configuration is.
process.env['LINGUI_CONFIG'] = join(import.meta.dirname, 'lingui.config.mjs');

/**
 * What is in every page, and what several screens share, in one file each: a screen is few requests however finely its code is
 * cut. What one screen takes stays apart.
 */
const groups = [
  {
    name: 'vendor',
    test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(?!react-virtual|virtual)[\w-]+|@lingui|openapi-fetch)\//,
  },
  {
    name: 'shared',
    test: /portal\/(main|(app|api|elements|charts|session|webhook|delivery|language)\/(?!portuguese)[^/]+)\.tsx?$/,
  },
  { name: 'several', test: /^(?!.*node_modules).*\/(portal|libs)\//, minShareCount: 2 },
];

/** @param {string} outDir */
export function portalConfig(outDir) {
  return {
    root: import.meta.dirname,
    configFile: false,
    // Addresses in the page are relative to its <base>, which the server writes.
    base: './',
    publicDir: false,
    logLevel: 'warn',
    plugins: [
      react(),
      lingui({ failOnCompileError: true }),
      // The texts stay in the code: English is no catalogue that could be out of date.
      babel({ presets: [linguiTransformerBabelPreset({ descriptorFields: 'message' })] }),
      bodySchemas(),
    ],
    css: { modules: { localsConvention: 'camelCaseOnly' } },
    build: {
      outDir,
      emptyOutDir: true,
      manifest: 'manifest.json',
      target: 'es2023',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      assetsInlineLimit: 0,
      // A screen is few requests: what all share is there when the first one is, and its styles are small.
      cssCodeSplit: false,
      rolldownOptions: { output: { codeSplitting: { groups } } },
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 600,
    },
  };
}

/**
 * What pages of operators load: one module whose address never changes.
 * @param {string} outDir
 */
export function embedConfig(outDir) {
  return {
    root: import.meta.dirname,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: 'embed/embed.ts', formats: ['es'], fileName: () => 'embed.js' },
      minify: true,
    },
  };
}
