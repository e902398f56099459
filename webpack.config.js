/**
 * What JupyterLab's builder leaves out: licence texts of packages that do not ship their own.
 *
 * They are in licenses/<name>.txt. A production build fails where a text is missing.
 */
const fs = require('node:fs');
const path = require('node:path');

const NAME = 'LicenseTexts';
const REPORT = 'third-party-licenses.json';
const WRITTEN_AT = 5001; // stage of the builder's own plugin: PROCESS_ASSETS_STAGE_REPORT + 1

class LicenseTexts {
  apply(compiler) {
    const { RawSource } = compiler.webpack.sources;
    compiler.hooks.thisCompilation.tap(NAME, compilation => {
      compilation.hooks.processAssets.tap(
        { name: NAME, stage: WRITTEN_AT + 1 },
        () => {
          const asset = compilation.getAsset(REPORT);
          if (!asset) {
            return; // a development build has no report
          }
          const report = JSON.parse(asset.source.source().toString());
          for (const known of report.packages) {
            known.extractedText ||= textOf(known.name);
          }
          const text = JSON.stringify(report, null, 2);
          compilation.updateAsset(REPORT, new RawSource(text));
        }
      );
    });
  }
}

function textOf(name) {
  const file = path.join(__dirname, 'licenses', `${name}.txt`);
  if (!fs.existsSync(file)) {
    throw new Error(`${name} ships no licence text: put it into ${file}`);
  }
  return fs.readFileSync(file, 'utf8');
}

module.exports = { plugins: [new LicenseTexts()] };
