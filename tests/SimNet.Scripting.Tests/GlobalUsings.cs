global using SimStack;
global using Xunit;
