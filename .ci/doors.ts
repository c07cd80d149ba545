import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

// `npm run doors`: writes the public declarations of each door of the package (an entry of `exports` in package.json) to
// docs/doors/. A test compares them with what a build declares, so that a change of the public API shows in its diff.

const ROOT = join(import.meta.dirname, '..')
export const REPORTS = join(ROOT, 'docs/doors')

export type Door = { readonly name: string; readonly types: string }

export function doorsOf(folder: string): readonly Door[] {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>
  }
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: path === '.' ? 'leasehold' : basename(path), types: target.types }],
  )
}

/** Writes a report of each door of the package that is built in `folder`. Returns what the extractor complains about. */
export function writeReports(folder: string, reportFolder: string): readonly string[] {
  const temporary = mkdtempSync(join(tmpdir(), 'leasehold-doors-'))
  const doors = doorsOf(folder).map((door) => ({
    door,
    config: configOf(folder, door, { reportFolder, temporary }),
  }))
  const entries = doors.map(({ config }) => config.mainEntryPointFilePath)
  const [first] = doors
  if (first === undefined) throw new Error('the package exports no door')
  const complaints: string[] = []
  try {
    // One program for all: reading the declarations of CDK and of the AWS clients takes most of the time.
    const compilerState = CompilerState.create(first.config, { additionalEntryPoints: entries })
    for (const { door, config } of doors)
      Extractor.invoke(config, {
        localBuild: true,
        compilerState,
        messageCallback(message) {
          message.handled = true
          if (message.logLevel === ExtractorLogLevel.Error) complaints.push(`${door.name}: ${message.text}`)
        },
      })
    return complaints
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function configOf(
  folder: string,
  { name, types }: Door,
  { reportFolder, temporary }: { readonly reportFolder: string; readonly temporary: string },
): ExtractorConfig {
  const quiet = { default: { logLevel: ExtractorLogLevel.None } }
  return ExtractorConfig.prepare({
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, types),
      compiler: { overrideTsconfig: COMPILER },
      apiReport: { enabled: true, reportFileName: name, reportFolder, reportTempFolder: temporary },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: quiet,
        tsdocMessageReporting: quiet,
      },
    },
  })
}

/** It brings a compiler of its own, which reads declarations only. */
const COMPILER = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2024', 'ESNext.Disposable'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  },
  files: ['dist/lib/index.d.ts'],
}

if (import.meta.main) {
  for (const complaint of writeReports(ROOT, REPORTS)) {
    process.stderr.write(`${complaint}\n`)
    process.exitCode = 1
  }
}
