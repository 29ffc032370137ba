import { testKindsOf } from './kinds.ts'

testKindsOf('3.3')
