global using SimNet.Random;
global using SimStack;
global using SimStack.Wire;
