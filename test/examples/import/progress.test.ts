import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { showProgress, type Out } from '../../../examples/import/progress.ts'

function terminal(isTTY: boolean): { out: Out; text: () => string } {
  const out = Object.assign(new PassThrough(), { isTTY, columns: 120, rows: 40 })
  let text = ''
  out.setEncoding('utf8').on('data', (part: string) => (text += part))
  return { out, text: () => text }
}

test('without a terminal it prints a line per tenth, and the pids to kill when they change', () => {
  const { out, text } = terminal(false)
  const progress = showProgress(out, 1_000)
  progress.at({ bytes: 0, rows: 0 }, [])
  progress.at({ bytes: 10, rows: 1_234 }, [7])
  progress.at({ bytes: 20, rows: 1_500 }, [7])
  progress.say('another took over')
  progress.at({ bytes: 300, rows: 40_000 }, [8, 9])
  progress.at({ bytes: 1_000, rows: 100_000 }, [8, 9])
  progress.stop()
  expect(text().split('\n')).toEqual([
    'worker processes: 7  (kill -9 one: another continues)',
    '1%  1,234 rows',
    'another took over',
    'worker processes: 8 9  (kill -9 one: another continues)',
    '30%  40,000 rows',
    '100%  100,000 rows',
    '',
  ])
})

test('on a terminal there is a bar with rows and processes, and lines above it', () => {
  const { out, text } = terminal(true)
  const progress = showProgress(out, 1_000)
  progress.at({ bytes: 500, rows: 50_000 }, [4_321])
  progress.say('another took over')
  progress.at({ bytes: 900, rows: 90_000 }, [])
  progress.say('no one is there')
  progress.at({ bytes: 1_000, rows: 100_000 }, undefined)
  progress.stop()
  expect(text()).toMatch(/another took over\n/)
  expect(text()).toMatch(/50%\s+50,000 rows\s+kill -9 4321/)
  expect(text()).toMatch(/90%\s+90,000 rows\s+waiting for a worker/)
  expect(text()).toMatch(/100%\s+100,000 rows/)
  expect(text()).not.toMatch(/100,000 rows\s+\w/)
})
