export { charge, payments, refund } from '../../2/src/bank.ts'
