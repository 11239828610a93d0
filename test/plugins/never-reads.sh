#!/bin/sh
echo '"did not look"'
