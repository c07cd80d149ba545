const { defineProcess, LeaseholdError } = require('leasehold')
const { TestKit } = require('leasehold/testing')
const { object, string } = require('valibot')

// The same by `require`, in a program of CommonJS.

const greeting = defineProcess({
  kind: 'greeting',
  input: object({ name: string() }),
  output: string(),
  run: (context, { name }) => context.step('greet', () => `hello ${name}`),
})

async function main() {
  const kit = new TestKit({ definitions: [greeting] })
  await kit.start(greeting, { name: 'ann' }, { id: 'greeting-1' })
  const refused = await kit.start(greeting, { name: 'bob' }, { id: 'greeting-1' }).catch((error) => error)
  console.log(JSON.stringify([await kit.result('greeting-1'), refused instanceof LeaseholdError]))
}

void main()
