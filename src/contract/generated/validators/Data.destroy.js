// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate12;
const schema15 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"operation":{"$ref":"types.json#/definitions/operation"}},"required":["dbg","operation"]};
const schema13 = {"type":"string"};
const schema14 = {"anyOf":[{"type":"array","items":[{"const":"CopyV1"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"MirrorV1"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false}]};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.dbg === undefined) && (missing0 = "dbg")) || ((data.operation === undefined) && (missing0 = "operation"))){
validate12.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate12.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.operation !== undefined){
let data1 = data.operation;
const _errs4 = errors;
const _errs6 = errors;
let valid3 = false;
const _errs7 = errors;
if(errors === _errs7){
if(Array.isArray(data1)){
if(data1.length > 2){
const err0 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/0/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
if(data1.length < 2){
const err1 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/0/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
else {
const len0 = data1.length;
if(!(len0 <= 2)){
const err2 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/0/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
else {
const len1 = data1.length;
if(len1 > 0){
const _errs9 = errors;
if("CopyV1" !== data1[0]){
const err3 = {instancePath:instancePath+"/operation/0",schemaPath:"types.json#/definitions/operation/anyOf/0/items/0/const",keyword:"const",params:{allowedValue: "CopyV1"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid4 = _errs9 === errors;
}
if(valid4){
if(len1 > 1){
const _errs10 = errors;
if(typeof data1[1] !== "string"){
const err4 = {instancePath:instancePath+"/operation/1",schemaPath:"types.json#/definitions/operation/anyOf/0/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var valid4 = _errs10 === errors;
}
}
}
}
}
}
else {
const err5 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/0/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid0 = _errs7 === errors;
valid3 = valid3 || _valid0;
if(!valid3){
const _errs12 = errors;
if(errors === _errs12){
if(Array.isArray(data1)){
if(data1.length > 2){
const err6 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/1/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
else {
if(data1.length < 2){
const err7 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/1/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
const len2 = data1.length;
if(!(len2 <= 2)){
const err8 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/1/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
else {
const len3 = data1.length;
if(len3 > 0){
const _errs14 = errors;
if("MirrorV1" !== data1[0]){
const err9 = {instancePath:instancePath+"/operation/0",schemaPath:"types.json#/definitions/operation/anyOf/1/items/0/const",keyword:"const",params:{allowedValue: "MirrorV1"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
var valid5 = _errs14 === errors;
}
if(valid5){
if(len3 > 1){
const _errs15 = errors;
if(typeof data1[1] !== "string"){
const err10 = {instancePath:instancePath+"/operation/1",schemaPath:"types.json#/definitions/operation/anyOf/1/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
var valid5 = _errs15 === errors;
}
}
}
}
}
}
else {
const err11 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf/1/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
var _valid0 = _errs12 === errors;
valid3 = valid3 || _valid0;
}
if(!valid3){
const err12 = {instancePath:instancePath+"/operation",schemaPath:"types.json#/definitions/operation/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
validate12.errors = vErrors;
return false;
}
else {
errors = _errs6;
if(vErrors !== null){
if(_errs6){
vErrors.length = _errs6;
}
else {
vErrors = null;
}
}
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate12.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate12.errors = vErrors;
return errors === 0;
}

export const result = validate13;
const schema18 = {"type":"null"};

function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data !== null){
validate13.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "null"},message:"must be null"}];
return false;
}
validate13.errors = vErrors;
return errors === 0;
}
