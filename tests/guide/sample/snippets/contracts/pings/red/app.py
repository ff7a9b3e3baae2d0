print('red')
